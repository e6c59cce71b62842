flowers = input().split()

count = {}
for flower in flowers:
    count[flower] = count.get(flower, 0) + 1

for flower in sorted(count):
    print(flower, count[flower])
