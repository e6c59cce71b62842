def price(prices, item):
    try:
        return prices[item]
    except KeyError:
        return None
