# Two lines: what grows in the Botanical Garden, what grows in the Rose Garden.

botanical = set(input().split())
rose = set(input().split())

print("in both:", [])
print("in either:", [])
