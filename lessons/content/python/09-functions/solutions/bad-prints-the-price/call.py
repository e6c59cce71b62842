def call(name):
    print(f"{name}!")
    print("Your tea is ready.")
