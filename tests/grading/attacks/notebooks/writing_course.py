# Writes into the course: source, released notebook, config, answer key and others' submissions.
# Success: one of these files is another one.
# %% last
import glob
import os

top = course()
for name in ("nbgrader_config.py", "source/*/*.ipynb", "release/*/*", "tinytorch/core/*.py"):
    for path in glob.glob(os.path.join(top, name)):
        attempt(lambda: open(path, "a").write("\n"))
for path in glob.glob(os.path.join(top, "submitted/other/*/target.ipynb")):
    attempt(os.remove, path)
attempt(lambda: open(os.path.join(top, "new.py"), "w").write("print('here')"))
