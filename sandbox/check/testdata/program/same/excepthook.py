import sys
sys.excepthook = lambda t, v, tb: print("hook", t.__name__, v, tb.tb_frame.f_code.co_name, tb.tb_next)
sys.unraisablehook = lambda u: print("unraisable", u.exc_value)
class Bad:
    def __del__(self):
        raise ValueError("in del")
Bad()
int("x")
