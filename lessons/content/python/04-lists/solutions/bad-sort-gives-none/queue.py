queue = input().split()
late = input()
elder = input()

queue.append(late)
queue.insert(0, elder)
served = queue.pop(0)

print("served:", served)
print("waiting:", queue)
