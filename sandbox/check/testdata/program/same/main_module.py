import __main__
print(__name__, __file__, __doc__, __package__, __spec__, __annotations__ if "__annotations__" in globals() else None)
print(sorted(vars(__main__)), __builtins__)
print(type(__loader__).__name__)
