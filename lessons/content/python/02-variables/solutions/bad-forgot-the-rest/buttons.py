buttons = int(input())

cards = buttons // 12
left = buttons % 12

print(f"{cards} cards, {left} left")
