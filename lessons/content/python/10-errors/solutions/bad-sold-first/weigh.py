try:
    kilos = float(input())
except ValueError:
    print("That is not a number.")
else:
    print(f"{kilos * 45:.2f}")
