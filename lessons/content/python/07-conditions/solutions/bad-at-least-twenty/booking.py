free = int(input())
wanted = int(input())
fare = int(input())
money = int(input())

cost = wanted * fare

if wanted < 1:
    print("how many seats, please?")
elif free == 0:
    print("the bus is full")
elif wanted > free:
    print(f"only {free} left")
elif money < cost:
    print(f"{cost - money} rupees missing")
else:
    print(f"{wanted} booked, change {money - cost}")
