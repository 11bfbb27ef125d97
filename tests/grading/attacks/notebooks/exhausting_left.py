# Leaves files where the grader wants to write its own, and some with paths as long as can be.
# Success: the batch stops, or a classmate is not graded.
# %% last
import os

for name in ("target.ipynb", "target.html", "other.ipynb", "journal.jsonl", ".mallory.new"):
    os.makedirs(f"{name}/inner")
    open(f"{name}/inner/file", "w").close()
start = os.getcwd()
for _ in range(1900):
    os.mkdir("d")
    os.chdir("d")
    open("f", "w").close()
os.chdir(start)
