# Write sell(stock, item, count). It takes count from the stock and gives back what is left.
# Less than one: raise ValueError("count must be at least 1")
# More than there is: raise ValueError("only 3 of rice left") with the right number and name.
# After an error the stock is as it was before.

def sell(stock, item, count):
    stock[item] = stock[item] - count
    return stock[item]
