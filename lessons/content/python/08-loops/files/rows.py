# One line: how many rows. Print "row 1", "row 2" and so on, up to the last one.

n = int(input())

print("row", 1)
