# Starts 600 threads that sleep for three seconds, and are no daemons.
# Success: the batch waits for them, or a classmate is not graded.
# %% last
import threading
import time

for number in range(600):
    if isinstance(attempt(threading.Thread(target=time.sleep, args=(3,)).start), str):
        break
