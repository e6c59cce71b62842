# Today there is one lotus leaf, and every day there are twice as many. The pond is covered
# when there are at least as many leaves as the line says. After how many days?

pond = int(input())

leaves = 1
days = 0

print(days)
