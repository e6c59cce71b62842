place = input()

place.upper()
print(place.center(20, "="))
