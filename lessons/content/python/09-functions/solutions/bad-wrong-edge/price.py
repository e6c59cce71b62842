def price(count, each):
    return count * each
