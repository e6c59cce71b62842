def call(name):
    print("Mani!")
    print("Your tea is ready.")
