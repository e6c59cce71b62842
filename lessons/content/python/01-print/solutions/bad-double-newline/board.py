print("Amutha Stores\n")
print("Open from 6 to 9\n")
print('"Ask for Amutha"')
