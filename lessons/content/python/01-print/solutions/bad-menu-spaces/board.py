print("Amutha Stores")
print()
print("Open from 6 to 9")
print('"Ask for Amutha"')
