# The sitecustomize of a warm parent: the agent starts it with this file's folder in
# PYTHONPATH and a socket of messages at descriptor 3.
#
# The interpreter was started exactly as for a fresh run, "python3 main.py", and is
# held here, after its start and before it opens the program. For every run it forks;
# the child takes its orders and returns, so that the interpreter goes on by itself:
# it reads the program, runs it and ends as always. There is no frame of ours below
# the program, and the parent never sees an input, an argument or a line of it.
#
# An order comes over descriptor 3 as one message with the run's three standard
# streams: words that each end with a zero byte, namely the directory, a limit of
# memory in bytes or 0, and the arguments. The child answers "started" or "fresh" (it
# cannot promise the same result), the parent then answers "ended STATUS". A child
# waits for its order ahead of time, so that the fork costs no run anything.
import os
import sys

CONTROL = 3
MOST = 4 << 10  # Bytes of an order.

# What programs of a course import. All of it is hidden again below.
COMMON = """
abc argparse array base64 bisect calendar cmath collections collections.abc contextlib copy csv dataclasses datetime
decimal enum fractions functools glob heapq html io itertools json keyword linecache math numbers operator os os.path
pathlib pprint queue random re select shlex shutil signal socket statistics string struct tempfile textwrap threading
time timeit tokenize traceback types typing unicodedata urllib.parse warnings weakref _colorize
""".split()


ModuleSpec = type(sys.__spec__)
Module = type(sys)


class Shelf:
    """Modules that were loaded ahead. A program finds each once, when it imports it."""

    def __init__(self, modules):
        self.modules = modules
        self.given = set()
        self.top = frozenset(name.partition(".")[0] for name in modules)
        self.specs = {name: module.__spec__ for name, module in modules.items()}
        direct = {name: self.names(module) for name, module in modules.items()}
        self.along = {name: closure(name, direct) for name in modules}

    def names(self, module):
        """The modules of the shelf that a module has imported."""
        found = set()
        for value in vars(module).values():
            name = value.__name__ if isinstance(value, Module) else getattr(value, "__module__", None)
            if isinstance(name, str) and name in self.modules:
                found.add(name)
        return found

    def find_spec(self, name, path=None, target=None):
        if name not in self.modules or name in self.given:
            return None
        known = self.specs[name]
        return ModuleSpec(name, self, origin=known.origin, is_package=known.submodule_search_locations is not None)

    def create_module(self, spec):
        return self.modules[spec.name]

    def exec_module(self, module):
        name = module.__spec__.name
        module.__spec__ = self.specs[name]
        self.given.add(name)
        for other in self.along[name]:
            if other not in self.given:
                self.given.add(other)
                sys.modules.setdefault(other, self.modules[other])


def closure(name, direct):
    """Everything that is reached from a name."""
    reached, open_ = set(), [name]
    while open_:
        for other in direct[open_.pop()] - reached:
            reached.add(other)
            open_.append(other)
    return sorted(reached)


def preload(before):
    """Load the common modules and hide all that was not there before; return their shelf."""
    import importlib
    for name in COMMON:
        try:
            importlib.import_module(name)
        except ImportError:
            pass
    loaded = {name: module for name, module in sys.modules.items() if name not in before and getattr(module, "__spec__", None)}
    sys.modules.clear()
    sys.modules.update(before)
    return Shelf(loaded)


def confiner():
    """Return a function that keeps signals of this process from its parent."""
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    rules = (ctypes.c_uint64 * 3)(0, 0, 3)  # Scope abstract sockets and signals; see landlock(7).

    def confine():
        ruleset = libc.syscall(444, rules, ctypes.sizeof(rules), 0)
        if ruleset < 0 or libc.syscall(446, ruleset, 0) != 0:
            raise OSError(ctypes.get_errno(), "landlock")
        os.close(ruleset)
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(confine))
    return confine, lambda thing: ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


def shadowed(shelf, script):
    """Tell whether a file beside the program bears the name of a hidden module."""
    beside = os.path.dirname(os.path.realpath(script)) if "/" in script or os.path.islink(script) else "."
    return any(entry.partition(".")[0] in shelf.top for entry in os.listdir(beside))


# A type's own, whatever its metaclass makes of them.
MRO = type.__dict__["__mro__"].__get__
DICT = type.__dict__["__dict__"].__get__


def finalized(kind):
    """Tell whether objects of a type do something when they are deleted."""
    return any("__del__" in DICT(k) for k in MRO(kind))


def leaver(main, gc, Reference):
    """Return the last thing that is done at exit.

    Taking an interpreter apart touches all of its memory, which costs three times the
    rest of a small run. Nobody sees that, unless something of the program's acts when
    it is deleted: an object with a finalizer, an open file, a suspended generator. A
    program that came to its normal end without such a thing ends at once. The C code
    that runs a program takes __file__ and __cached__ away again when it returns, but
    not when it was left by sys.exit.
    """
    streams = sys.__stdout__, sys.__stderr__

    def leave():
        if "__file__" in main or "__cached__" in main or hasattr(sys, "last_exc"):
            return
        things = gc.get_objects()
        kinds = {id(kind): kind for kind in map(type, things)}.values()
        if any(map(finalized, kinds)):
            return
        references = [id(kind) for kind in kinds if Reference in MRO(kind)]
        if references and any(id(type(thing)) in references and thing.__callback__ is not None for thing in things):
            return
        for stream in (sys.stdout, sys.stderr, *streams):
            stream.flush()
        os._exit(0)

    def carefully():
        try:
            leave()
        except BaseException:
            pass  # The interpreter's own end shows what is wrong.
    return carefully


def become(control, shelf, confine, tools):
    """Turn this fork into the run that the next order asks for."""
    resource, gc, atexit, Reference, room = tools
    message, rights, _, _ = control.recvmsg(MOST, room)
    if not message:
        os._exit(0)
    place, memory, *args = os.fsdecode(message).split("\0")[:-1]
    streams = memoryview(rights[0][2]).cast("i")
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(place)
    if shadowed(shelf, sys.argv[0]):
        control.send(b"fresh")
        os._exit(0)
    os.setsid()
    sys.argv[1:] = args
    sys.orig_argv[2:] = args
    if int(memory):
        resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    main = Module("__main__")  # One that is not frozen, so that it is collected at the end.
    vars(main).update(vars(sys.modules["__main__"]))
    sys.modules["__main__"] = main
    atexit.register(leaver(vars(main), gc, Reference))  # The first one registered is the last one called.
    confine()
    control.send(b"started")
    control.close()


def hold(before):
    """Fork for every order; return in the children only."""
    import atexit
    import gc
    import resource
    import select
    import socket
    from _weakref import ReferenceType
    control = socket.socket(fileno=CONTROL)
    os.set_inheritable(CONTROL, False)
    confine, keep = confiner()
    shelf = preload(before)
    keep(shelf)
    keep(shelf.modules)
    sys.meta_path.insert(0, shelf)
    gc.collect()
    gc.freeze()  # What is shared with the children stays untouched by their collections.
    tools = resource, gc, atexit, ReferenceType, socket.CMSG_LEN(3 * 4)
    ended = select.poll()
    ended.register(CONTROL, 0)  # That the other end was closed is always told.
    control.send(b"ready")
    while not ended.poll(0):
        child = os.fork()
        if child == 0:
            try:
                return become(control, shelf, confine, tools)
            except BaseException:
                os._exit(70)
        _, status = os.waitpid(child, 0)
        control.send(b"ended %d" % status)
    os._exit(0)


def main():
    here = os.path.dirname(__file__)
    sys.path.remove(here)
    sys.path_importer_cache.pop(here, None)
    del os.environ["PYTHONPATH"]
    ours = sys.modules.pop("sitecustomize")
    try:
        import sitecustomize  # The system's own, as in a fresh run.
    except ImportError:
        sys.modules["sitecustomize"] = ours
    hold(dict(sys.modules))


main()
