import importlib, json, sys
before = json
print(importlib.reload(json) is before)
del sys.modules["json"]
import json
print(json is before, json.loads("[1]"))
print(importlib.util.find_spec("csv").origin if hasattr(importlib, "util") else "no util")
