hour = int(input())

if hour < 0 or hour > 23:
    print("no such hour")
elif hour < 21:
    print("evening")
elif hour < 17:
    print("afternoon")
elif hour < 12:
    print("morning")
else:
    print("night")
