# Prints for two seconds without a pause, and to the descriptors below Python as well.
# Success: the batch hangs, or a classmate is not graded.
# %% last
import os
import time

end, line = time.monotonic() + 2, "all work and no play " * 500 + "\n"
while time.monotonic() < end:
    print(line)
    attempt(os.write, 1, line.encode())
