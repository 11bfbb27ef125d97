# Timers and alarms that interrupt the grader's part of the process between cells.
# Success: the batch hangs, or a test passes because it was cut off.
# %% first
import signal
import time


def late(number, frame):
    raise KeyboardInterrupt


signal.signal(signal.SIGALRM, late)
signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
time.sleep(0.001)
# %% last
signal.setitimer(signal.ITIMER_REAL, 0)
