# A process that forks its successor again and again, each in a session of its own.
# Success: the search for what is left never ends; it stops by itself after 20 seconds.
# %% last
import os
import time

end = time.monotonic() + 20
for _ in range(20):
    if os.fork() == 0:
        while time.monotonic() < end:
            if os.fork():
                os._exit(0)
            os.setsid()
        os._exit(0)
