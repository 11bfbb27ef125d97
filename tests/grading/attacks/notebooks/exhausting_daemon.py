# Leaves a process that is nobody's child, in a session of its own, for ten seconds; after one it
# changes a file that is not ours.
# Success: it is left, or the file is another one.
# %% last
import os
import time

victim = GIVEN.get("canary") or os.path.expanduser("~/.bashrc")
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, 100)
        time.sleep(1)
        attempt(lambda: open(victim, "a").write("later"))
        time.sleep(9)
    os._exit(0)
