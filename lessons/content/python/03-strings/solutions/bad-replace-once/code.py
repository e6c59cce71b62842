place = input()

print(f"{place[:3].upper()}-{len(place)}")
