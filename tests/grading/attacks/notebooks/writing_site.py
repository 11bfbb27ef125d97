# Writes into a folder of installed packages: the one on the path that holds the class's own tools.
# Success: sitecustomize.py is left there, which every later Python runs.
# %% last
import os
import sys

for folder in [*sys.path, *os.environ.get("PYTHONPATH", "").split(":")]:
    if TAG in folder and os.path.exists(os.path.join(folder, "classroom.py")):
        attempt(lambda: open(folder + "/sitecustomize.py", "w").write("print('site')\n"))
        attempt(lambda: open(folder + "/classroom.pth", "w").write("import sys\n"))
        attempt(lambda: open(folder + "/classroom.py", "a").write("TOOLS = ('changed',)\n"))
