# The code: first three letters in capitals, a dash, how many letters there are.

place = input()

print(place)
