place = input().strip().lower()

if place == "madurai" or "dindigul" or "trichy":
    print("it stops there")
else:
    print("it does not stop there")
