kilos = int(input())

if kilos > 20:
    print("extra charge")
else:
    print("free")
