age = int(input())
fare = int(input())

if age < 5:
    print(0)
elif age < 12 or age >= 60:
    print(fare // 2)
else:
    print(fare)
