# Show only the last three digits. Everything before becomes stars, one for each digit.

phone = input()

print(phone)
