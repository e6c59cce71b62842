# The board in front of the shop. Print the four lines of the lesson.

print("Amutha Stores")
