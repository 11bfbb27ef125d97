# Writes the graded notebook of its own, and its feedback, where they will lie.
# Success: what lies there was not written by the grader.
# %% last
import os
import shutil

for step in ("autograded", "feedback"):
    folder = os.path.join(course(), step, "mallory2", "02_target")
    if os.path.exists(course()):
        attempt(os.makedirs, folder)
        attempt(lambda: open(os.path.join(folder, "target.ipynb"), "w").write("{}"))
attempt(os.makedirs, os.path.join(course(), "submitted", "mallory2", "02_target"))
