total = 0
buckets = 0

line = input()
while line != "done":
    total += int(line)
    buckets += 1
    line = input()

print("litres:", total)
print("buckets:", buckets)
