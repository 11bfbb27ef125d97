# Sends the coordinator what Ctrl-C sends.
# Success: the batch stops.
# %% last
import os
import signal

for pid in [GIVEN["coordinator"]] if GIVEN else chain()[-1:]:
    attempt(os.kill, pid, signal.SIGINT)
