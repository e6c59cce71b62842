import subprocess, sys, os, multiprocessing
print(subprocess.run(["sh", "-c", "echo $0 $PPID | wc -w; cat"], input="in\n", text=True, capture_output=True).stdout)
print(subprocess.run([sys.executable, "-c", "import sys, os; print(sys.path[1:], 'PYTHONPATH' in os.environ)"], capture_output=True, text=True).stdout)
def square(x):
    return x * x
if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    with multiprocessing.Pool(2) as pool:
        print(pool.map(square, range(5)))
print(os.system("exit 3"), os.popen("echo hi").read())
