def put(thing, tray=None):
    if tray is None:
        tray = []
    tray.append(thing)
    return tray
