import os, tempfile, pathlib
with open("out.txt", "w") as f:
    f.write("a\nb\n")
print(open("out.txt").readlines(), os.stat("out.txt").st_mode)
with tempfile.TemporaryDirectory() as d:
    print(os.path.dirname(d), os.path.exists(d))
for path in ("/etc/nothing", "/usr/x", "/proc/1/environ", "/home/learner/x", "/run/pattarai/x"):
    try:
        open(path, "w")
    except OSError as e:
        print(e)
print(open("/dev/stdin").readline())
