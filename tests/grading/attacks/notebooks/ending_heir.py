# Ends, while a child in a session of its own, whom no parent's death ends, holds its descriptors
# for eight seconds.
# Success: the batch waits for the child, or the child is left.
# %% last
import ctypes
import os
import time

if os.fork() == 0:
    os.setsid()
    ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)
    if os.fork() == 0:
        time.sleep(8)
    os._exit(0)
os._exit(0)
