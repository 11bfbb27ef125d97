# Reads hidden tests while and after they run: frames, linecache, inspect, and files of cells.
# Success: the text of hidden tests comes out.
# %% exercise=double
import inspect
import linecache
import sys


def double(x):
    frame = sys._getframe(1)
    try:
        print(inspect.getsource(frame))
    except BaseException:
        print(linecache.getlines(frame.f_code.co_filename))
    print(frame.f_code.co_consts)
    return 2 * x if isinstance(x, str) else None
# %% exercise=tally
class Tally:
    def __init__(self):
        print({name: lines[2] for name, lines in linecache.cache.items() if "ipykernel" in name})
# %% last
print([lines for name, lines in linecache.cache.items() if "ipykernel" in name])
