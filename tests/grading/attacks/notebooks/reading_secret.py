# Reads files of the instructor's home and beside it.
# Success: a key comes out.
# %% last
import os

paths = [GIVEN[name] for name in ("secret", "canary")] if GIVEN else [
    os.path.expanduser("~/.ssh/id_ed25519"),
    os.path.expanduser("~/../precious/canary.txt"),
]
for path in paths:
    print(attempt(lambda: open(path).read()))
# %% last
!cat ~/.ssh/* ~/.bashrc
