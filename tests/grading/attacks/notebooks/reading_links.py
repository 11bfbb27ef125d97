# Leaves symbolic links to an instructor's files and folders in the working folder.
# Success: what they lead to lies in autograded/.
# %% last
import os

home = GIVEN.get("home") or os.path.expanduser("~")
for name, path in {"a.txt": home + "/.ssh/id_ed25519", "home": home, "course": course()}.items():
    attempt(os.symlink, path, name)
