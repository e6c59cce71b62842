import os, sys
sys.stdout.write("not flushed?")
os._exit(7)
