kilos = input()
if kilos.isdigit():
    print(f"{float(kilos) * 45:.2f}")
else:
    print("That is not a number.")
