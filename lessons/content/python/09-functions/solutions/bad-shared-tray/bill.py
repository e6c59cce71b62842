def read_order(line):
    name, count, each = line.split()
    return name, int(count), int(each)


def bill_line(name, count, each):
    return f"{name:<10}{count:>4}{count * each:>8}"


total = 0
orders = int(input())
for _ in range(orders):
    name, count, each = read_order(input())
    print(bill_line(name, count, each))
    total = total + count * each
print("-" * 22)
print(f"{'total':<14}{total:>8}")
