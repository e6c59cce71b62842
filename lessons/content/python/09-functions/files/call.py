# Write a function call(name). It prints two lines:
#     Mani!
#     Your tea is ready.
