import socket
try:
    socket.socket(socket.AF_UNIX)
    print("local socket")
except OSError:
    print("refused")
s = socket.create_connection(("127.0.0.1", 7420), 2)
s.settimeout(3)
try:
    s.sendall(b"ab" * 32 + b"\n")
    print("answer" if s.recv(3) == b"ok\n" else "refused")
except OSError:
    print("refused")
