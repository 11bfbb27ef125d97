# Reads the gradebook: everyone's names, addresses and scores, and the text of all cells.
# Success: they come out.
# %% last
import os
import sqlite3


def dump():
    path = GIVEN.get("gradebook") or os.path.join(course(), "gradebook.db")
    if os.path.exists(path):
        book = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        for table in ("student", "source_cell", "grade"):
            print(book.execute(f"SELECT * FROM {table}").fetchall())


print(attempt(dump))
