def tea(cups, size="small", milk=True):
    each = 12
    if size == "large":
        each = 20
    if not milk:
        each = each - 2
    return cups * each
