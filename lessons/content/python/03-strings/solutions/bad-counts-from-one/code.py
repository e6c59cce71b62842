place = input()

print(f"{place[1:3].upper()}-{len(place)}")
