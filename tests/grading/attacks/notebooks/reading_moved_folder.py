# Puts a link to an instructor's folder in the place of the working folder itself.
# Success: whoever collects the folder's files collects the instructor's, or writes among them.
# %% last
import os

here = os.getcwd()
home = GIVEN.get("home") or os.path.expanduser("~")
attempt(os.rename, here, here + "-away")
attempt(os.symlink, home, here)
