# Sends SIGINT and SIGTERM to its own group and to those of the grader's processes.
# Success: a classmate is not graded, or the batch stops.
# %% last
import os
import signal

groups = {attempt(os.getpgid, pid) for pid in family()}
for number in (signal.SIGINT, signal.SIGTERM):
    for group in groups & set(family()):  # its leader is one of the grader's processes
        attempt(os.killpg, group, number)
    attempt(os.killpg, 0, number)
