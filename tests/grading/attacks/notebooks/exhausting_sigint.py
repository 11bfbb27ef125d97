# Ignores the interrupt, and is busy for twelve seconds.
# Success: the batch waits for it, or a classmate is not graded.
# %% last
import signal
import time

for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
end = time.monotonic() + 12
while time.monotonic() < end:
    pass
