def sell(stock, item, count):
    if count < 1:
        print("count must be at least 1")
        return stock[item]
    if count > stock[item]:
        print(f"only {stock[item]} of {item} left")
        return stock[item]
    stock[item] = stock[item] - count
    return stock[item]
