# Asks for kilos. What is no number must not end the program.
# Print what the sugar costs at 45 rupees a kilo, or: That is not a number.

kilos = float(input())
print(f"{kilos * 45:.2f}")
