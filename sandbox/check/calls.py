# Calls the learner's functions. Knows no expectations: those stay on the server.
# Every call has a process of its own, which loads the learner's file, so that
# neither a loop nor an exit nor a changed global reaches the next call.
import json, os, select, signal, sys, tempfile, time

MOST = 262144


def plain(value, depth=0):
    """The value as JSON; what JSON does not know is marked by a key with a $."""
    if depth > 30:
        return {"$object": "too deep"}
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else {"$float": str(value)}
    if isinstance(value, (list, tuple)):
        return [plain(v, depth + 1) for v in value]
    if isinstance(value, (set, frozenset)):
        return {"$set": [plain(v, depth + 1) for v in sorted(value, key=repr)]}
    if isinstance(value, dict):
        if all(isinstance(k, str) and not k.startswith("$") for k in value):
            return {k: plain(v, depth + 1) for k, v in value.items()}
        return {"$dict": [[plain(k, depth + 1), plain(v, depth + 1)] for k, v in value.items()]}
    if isinstance(value, (bytes, bytearray)):
        return {"$bytes": bytes(value).hex()}
    return {"$object": type(value).__name__}


def shown(value):
    try:
        text = repr(value)
    except BaseException as e:
        text = "<no repr: %s>" % type(e).__name__
    return text if len(text) <= 200 else text[:200] + "…"


def line_of(error, path):
    line, trace = 0, error.__traceback__
    while trace:
        if os.path.basename(trace.tb_frame.f_code.co_filename) == os.path.basename(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line or getattr(error, "lineno", 0) or 0


def raised(error, path, key):
    try:
        text = str(error)
    except BaseException:
        text = ""
    return {key: type(error).__name__, "message": text[:1000], "line": line_of(error, path),
            "kinds": [c.__name__ for c in type(error).__mro__]}


def answer(path, call):
    import importlib.util
    sys.path.insert(0, os.getcwd())
    name = os.path.splitext(os.path.basename(path))[0]
    try:
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        f = module
        for part in call["function"].split("."):
            f = getattr(f, part)
    except BaseException as e:
        return raised(e, path, "load")
    try:
        value = f(*call.get("args") or [], **call.get("kwargs") or {})
    except BaseException as e:
        return raised(e, path, "raises")
    return {"value": plain(value), "shown": shown(value)}


def child(out, printed, path, call):
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(printed, 1)
    os.dup2(nothing, 2)
    try:
        result = answer(path, call)
        sys.stdout.flush()
        data = json.dumps(result).encode()
    except BaseException as e:
        data = json.dumps({"raises": type(e).__name__, "message": "the result has no form: " + str(e)[:200], "kinds": []}).encode()
    with os.fdopen(out, "wb") as f:
        f.write(data)
    os._exit(0)


def run(path, call, limit):
    back, out = os.pipe()
    with tempfile.TemporaryFile(dir=os.getcwd()) as printed:
        pid = os.fork()
        if pid == 0:
            os.setpgid(0, 0)
            os.close(back)
            child(out, printed.fileno(), path, call)
        os.close(out)
        data, until = b"", time.monotonic() + limit
        ended = False
        while len(data) <= MOST:
            left = until - time.monotonic()
            if left <= 0 or not select.select([back], [], [], left)[0]:
                break
            piece = os.read(back, 65536)
            if not piece:
                ended = True
                break
            data += piece
        os.close(back)
        for kill in (lambda: os.killpg(pid, signal.SIGKILL), lambda: os.kill(pid, signal.SIGKILL)):
            try:
                kill()
            except OSError:
                pass
        _, status = os.waitpid(pid, 0)
        if len(data) > MOST:
            return {"large": True}
        if not ended:
            return {"timeout": True}
        try:
            result = json.loads(data)
        except ValueError:
            return {"died": os.waitstatus_to_exitcode(status)}
        size = os.fstat(printed.fileno()).st_size
        printed.seek(0)
        result["printed"] = printed.read(4096).decode("utf-8", "replace")
        result["more"] = size > 4096
        return result


spec = json.load(sys.stdin)
for call in spec["calls"]:
    print(json.dumps(run(spec["file"], call, spec["limit"])), flush=True)
