try:
    for i in range(10**9):
        open(f"/tmp/{i}", "w").close()
except OSError:
    print("full")
