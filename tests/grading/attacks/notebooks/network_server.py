# Binds a port that the class might use, and lets a process that it leaves behind connect: what is
# bound here stands in the way of whoever comes next.
# Success: the process is left, and reaches the listener.
# %% last
import os
import socket
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        with socket.socket() as each:
            attempt(each.bind, ("127.0.0.1", 0))
            attempt(each.listen)
            time.sleep(0.5)
            for number in [port()]:
                attempt(lambda: socket.create_connection(("127.0.0.1", number), 0.2).sendall(b"late"))
            time.sleep(6)
    os._exit(0)
