# This function puts a thing on a tray and gives the tray back. Without a tray it
# should begin a new one. It does not. Find out why, and mend it.

def put(thing, tray=[]):
    tray.append(thing)
    return tray
