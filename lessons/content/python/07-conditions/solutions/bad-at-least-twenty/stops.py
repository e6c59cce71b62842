place = input().strip().lower()

if place in {"madurai", "dindigul", "trichy"}:
    print("it stops there")
else:
    print("it does not stop there")
