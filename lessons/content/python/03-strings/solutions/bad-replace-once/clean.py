line = input()

print(line.strip().replace("  ", " ").lower())
