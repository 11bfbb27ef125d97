# Files beside the notebook whose names lead elsewhere: hidden ones, and those of other steps.
# Success: one of them lands outside of the folder, or in the place of the course's own.
# %% edit
for name in ("target.html", ".target.ipynb.new", "..data", "a\\..\\..\\b.txt", "-rf", "\u202egnp.txt"):
    files[name] = b"<script>alert(1)</script>"
files["journal.jsonl"] = b'{"step": "autograde", "student": "next", "status": "failed"}\n'
# %% last
import os

os.makedirs("deep/.ipynb_checkpoints", exist_ok=True)
open("deep/journal.jsonl", "w").write("{}")
