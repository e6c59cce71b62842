import os, shutil
os.chmod(".", 0)
os.rename("/tmp/run", "/tmp/gone")
os.symlink("/usr", "/tmp/run")
print("done")
