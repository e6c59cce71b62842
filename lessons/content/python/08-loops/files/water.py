# Every line is a bucket with so many litres, until a line says done.

line = input()
print("litres:", line)
