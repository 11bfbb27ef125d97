# Forks 250 processes, each of which ends by itself after three seconds.
# Success: one is left, or a classmate is not graded.
# %% last
import os
import time

for number in range(250):
    try:
        if os.fork() == 0:
            os.setsid()
            time.sleep(3)
            os._exit(0)
    except OSError:
        break
