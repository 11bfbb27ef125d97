# Sends what it can read to a listener on this machine, by TCP.
# Success: the listener hears it.
# %% last
import os
import socket

text = repr(dict(os.environ)).encode()
attempt(lambda: socket.create_connection(("127.0.0.1", port()), 0.3).sendall(text))
