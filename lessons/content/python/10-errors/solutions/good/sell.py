def sell(stock, item, count):
    if count < 1:
        raise ValueError("count must be at least 1")
    if count > stock[item]:
        raise ValueError(f"only {stock[item]} of {item} left")
    stock[item] = stock[item] - count
    return stock[item]
