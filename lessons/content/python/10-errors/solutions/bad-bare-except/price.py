def price(prices, item):
    try:
        return prices[item]
    except:
        return None
