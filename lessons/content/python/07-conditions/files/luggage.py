# Up to 20 kilos travel free. Whatever is heavier has an extra charge.

kilos = int(input())

print("free")
