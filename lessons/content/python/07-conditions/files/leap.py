# Every fourth year is a leap year. Every hundredth is not. Every four hundredth is.

year = int(input())

if year % 4 == 0:
    print("leap year")
else:
    print("common year")
