def sell(stock, item, count):
    if count < 1:
        raise ValueError("count must be at least 1")
    before = stock[item]
    stock[item] = before - count
    if stock[item] < 0:
        raise ValueError(f"only {before} of {item} left")
    return stock[item]
