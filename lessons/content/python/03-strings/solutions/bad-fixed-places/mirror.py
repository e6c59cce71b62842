line = input()

word = line.lower().replace(" ", "")
print(word == word[::-1])
