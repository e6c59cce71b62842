# The express stops in Madurai, Dindigul and Trichy, and nowhere else.
# People type in any capitals, and with spaces around.

place = input()

if place == "Madurai" or "Dindigul" or "Trichy":
    print("it stops there")
else:
    print("it does not stop there")
