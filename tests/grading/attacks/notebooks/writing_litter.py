# Leaves files in the places that all share, for a later submission to find.
# Success: one of them is still there after the batch.
# %% last
import os
import tempfile

for folder in (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm", GIVEN.get("tmp", "/tmp")):
    attempt(lambda: open(os.path.join(folder, f"attack-{TAG}"), "w").write("left"))
attempt(os.makedirs, os.path.join(tempfile.gettempdir(), f"attack-{TAG}-folder", "deep"))
attempt(lambda: open("../beside.txt", "w").write("left"))
