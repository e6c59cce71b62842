# The same two lines. Print what only one of the gardens has.

botanical = set(input().split())
rose = set(input().split())

print("only botanical:", [])
print("only rose:", [])
print("in one of the two:", [])
