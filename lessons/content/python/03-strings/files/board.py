# The sign on the bus: the place in capitals, in the middle of twenty signs.

place = input()

print(place)
