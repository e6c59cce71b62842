import atexit, weakref
class Bye:
    def __del__(self):
        print("deleted", self.name)
a, b = Bye(), Bye()
a.name, b.name = "a", "b"
b.other = b
atexit.register(print, "at exit 1")
atexit.register(print, "at exit 2")
weakref.finalize(a, print, "finalized")
print("end")
