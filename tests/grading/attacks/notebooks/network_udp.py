# Sends datagrams to a listener on this machine.
# Success: the listener hears them.
# %% last
import os
import socket

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as each:
    attempt(each.sendto, repr(dict(os.environ)).encode()[:9000], ("127.0.0.1", port()))
