# Sells one bag: reads the number in stock.txt, and writes it back one lower.
# Between the two somebody else may come. Let them wait.

import time

with open("stock.txt", encoding="utf-8") as file:
    stock = int(file.read())

time.sleep(0.1)  # The customer counts her coins. Keep this line between reading and writing.

with open("stock.txt", "w", encoding="utf-8") as file:
    file.write(f"{stock - 1}\n")
