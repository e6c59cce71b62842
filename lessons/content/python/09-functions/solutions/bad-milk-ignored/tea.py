def tea(cups, size="small", milk=True):
    each = 12
    if size == "large":
        each = 20
    return cups * each
