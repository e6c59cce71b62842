def put(thing, tray=[]):
    tray.append(thing)
    return tray
