# Leaves 20,000 small files in the working folder, with names as long and strange as can be.
# Success: they are kept for ever, or a classmate is not graded.
# %% last
import os

for number in range(20_000):
    with open(f"{number}" + "\N{SNOWMAN}" * 70, "w"):
        pass
attempt(lambda: open(b"\xff\xfe.txt", "w").write("no name"))
