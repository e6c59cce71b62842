line = input()

word = line.replace(" ", "")
print(word == word[::-1])
