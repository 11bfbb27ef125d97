# Connects by the other names of this machine: an IPv4 address within IPv6, 0.0.0.0, localhost.
# Success: the listener hears of it.
# %% last
import socket

for host in ("::ffff:127.0.0.1", "0.0.0.0", "localhost"):
    attempt(lambda: socket.create_connection((host, port()), 0.3).sendall(b"here"))
