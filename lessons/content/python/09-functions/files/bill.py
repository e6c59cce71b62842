# The program below is finished. Write the two functions that it calls.

def read_order(line):
    """Give back three things: "tea 2 12" becomes "tea", 2, 12."""
    return line, 0, 0


def bill_line(name, count, each):
    """Give back one line: the name 10 wide, the count 4 wide, the cost 8 wide."""
    return name


total = 0
orders = int(input())
for _ in range(orders):
    name, count, each = read_order(input())
    print(bill_line(name, count, each))
    total = total + count * each
print("-" * 22)
print(f"{'total':<14}{total:>8}")
