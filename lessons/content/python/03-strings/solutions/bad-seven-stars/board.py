place = input()

print(place.upper().center(20, "="))
