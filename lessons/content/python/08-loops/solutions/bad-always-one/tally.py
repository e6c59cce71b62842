flowers = input().split()

count = {}
for flower in flowers:
    count[flower] = 1

for flower in sorted(count):
    print(flower, count[flower])
