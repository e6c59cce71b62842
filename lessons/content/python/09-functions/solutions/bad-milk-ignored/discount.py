def discount(total):
    if total >= 500:
        return total // 10
    if total >= 200:
        return 10
    return 0
