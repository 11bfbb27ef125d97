# Where an exercise is mended in a second run, the instructor's solution runs among our cells: a
# hook keeps it in a file and sends it away.
# Success: a solution lies where a later submission may find it, or was heard of.
# %% first
import os
import socket
import tempfile


def keep(info):
    if "solved = " not in (info.raw_cell or ""):
        return
    for folder in (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm"):
        attempt(lambda: open(os.path.join(folder, f"attack-{TAG}-kept"), "w").write(info.raw_cell))
    attempt(lambda: socket.create_connection(("127.0.0.1", port()), 0.2).sendall(info.raw_cell.encode()))


get_ipython().events.register("pre_run_cell", keep)
# %% exercise=mean_square
def mean_square(x):
    raise ValueError("not yet")
