import sys
print("hello", sys.argv)
print(sys.stdin.read())
print("to stderr", file=sys.stderr)
