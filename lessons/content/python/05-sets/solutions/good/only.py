botanical = set(input().split())
rose = set(input().split())

print("only botanical:", sorted(botanical - rose))
print("only rose:", sorted(rose - botanical))
print("in one of the two:", sorted(botanical ^ rose))
