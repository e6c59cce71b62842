plate = input()

print("state:", plate[:2])
print("district:", plate[2:4])
print("series:", plate[4:-4])
print("number:", plate[-4:])
