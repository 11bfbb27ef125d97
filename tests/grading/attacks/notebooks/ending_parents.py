# Kills its parent, its parent's parent and so on, up to the coordinator.
# Success: a classmate is not graded, or the batch stops.
# %% last
import os
import signal

for pid in [*chain(), *([GIVEN["coordinator"]] if GIVEN else [])]:
    attempt(os.kill, pid, signal.SIGKILL)
