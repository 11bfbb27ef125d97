# Leaves a hard link to an instructor's file under the notebook's own name.
# Success: the file is another one, once the graded notebook is written.
# %% last
import os

attempt(os.remove, "target.ipynb")
attempt(os.link, GIVEN.get("canary") or os.path.expanduser("~/.bashrc"), "target.ipynb")
