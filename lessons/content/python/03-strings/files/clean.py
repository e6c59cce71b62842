# Somebody typed with too many spaces and wild capitals.
# Print it small, with one space between the words and none outside.

line = input()

print(line)
