import sys, inspect, traceback
def depth(n=0):
    try:
        return depth(n + 1)
    except RecursionError:
        return n
print(depth(), len(inspect.stack()), sys._getframe().f_back)
traceback.print_stack()
