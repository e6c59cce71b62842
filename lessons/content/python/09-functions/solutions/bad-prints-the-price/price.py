def price(count, each):
    print(count * each)
