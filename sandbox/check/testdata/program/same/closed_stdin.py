import sys
sys.stdin.close()
try:
    input()
except Exception as e:
    print(repr(e))
