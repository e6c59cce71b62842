import pickle, datetime, collections, decimal, fractions, copy
P = collections.namedtuple("P", "x y")
things = [P(1, 2), datetime.date(2024, 1, 1), decimal.Decimal("1.5"), fractions.Fraction(1, 3), {1, 2}, collections.OrderedDict(a=1)]
print(pickle.loads(pickle.dumps(things)) == things, copy.deepcopy(things) == things, pickle.dumps(things[1]))
