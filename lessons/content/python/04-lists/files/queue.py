# The queue comes in as one line, then somebody who comes late, then an elder.

queue = input().split()
late = input()
elder = input()

# 1. late goes to the end
# 2. elder goes to the front
# 3. the first one of the queue is served and leaves it

print("waiting:", queue)
