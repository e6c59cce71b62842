# The tags hang on the wrong bundles. Write only between the two comments.

left = input()
right = input()

# swap them here

# leave these two lines as they are
print("left:", left)
print("right:", right)
