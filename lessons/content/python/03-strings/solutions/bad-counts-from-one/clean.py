line = input()

print(" ".join(line.split()).lower())
