# Holds a lock on the gradebook, at most for ten seconds, in a process of its own.
# Success: others can't be stored, or the batch stops.
# %% last
import os
import sqlite3
import time


def hold():
    path = GIVEN.get("gradebook") or os.path.join(course(), "gradebook.db")
    if os.path.exists(path) and os.fork() == 0:
        try:
            os.setsid()
            book = sqlite3.connect(path, isolation_level=None)
            book.execute("BEGIN EXCLUSIVE")
            time.sleep(10)
        finally:
            os._exit(0)


attempt(hold)
time.sleep(0.1)
