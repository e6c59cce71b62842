print("never"
for x in
