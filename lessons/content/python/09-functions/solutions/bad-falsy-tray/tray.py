def put(thing, tray=None):
    tray = tray or []
    tray.append(thing)
    return tray
