print("x" * 200_000)
