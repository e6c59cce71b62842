total = 0
buckets = 0

line = ""
while line != "done":
    line = input()
    total += int(line)
    buckets += 1

print("litres:", total)
print("buckets:", buckets)
