print("Hello, Amutha!")
