import collections, json, random, re, datetime, dataclasses, decimal, statistics, itertools, functools, csv, io, math, string, enum, typing, pathlib, time, os.path
import neighbour
import xml.etree.ElementTree as tree
print(neighbour.VALUE, neighbour.__file__, json.dumps({"a": [1, 2.5, None]}), json.__spec__.name, json.__spec__.origin, json.__loader__.__class__.__name__)
print(re.sub(r"(\w+)", r"<\1>", "a b"), decimal.Decimal("1.1") + 1, statistics.mean([1, 2, 4]), math.pi)
random.seed(5)
print([random.randint(1, 100) for _ in range(8)], random.sample(range(99), 3))
@dataclasses.dataclass
class P:
    x: int
    y: typing.ClassVar[int] = 3
class C(enum.Enum):
    A = 1
print(P(1), C.A, list(C), datetime.date(2024, 2, 29) + datetime.timedelta(365), tree.fromstring("<a>b</a>").text)
print(collections.Counter("hello").most_common(2), pathlib.Path("a") / "b")
