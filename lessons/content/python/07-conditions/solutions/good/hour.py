hour = int(input())

if hour < 0 or hour > 23:
    print("no such hour")
elif hour < 5:
    print("night")
elif hour < 12:
    print("morning")
elif hour < 17:
    print("afternoon")
elif hour < 21:
    print("evening")
else:
    print("night")
