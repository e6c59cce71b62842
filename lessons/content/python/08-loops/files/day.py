# Begin with your program of step 1. What is new stands in the lesson.

stock = {}

print("given out:", 0)
print("refused:", 0)
