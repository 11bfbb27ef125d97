# Sleeps longer than a cell may take, in a test.
# Success: the test passes, or the batch waits for more than the time that there is for a cell.
# %% exercise=double
import time


def double(x):
    time.sleep(8)
