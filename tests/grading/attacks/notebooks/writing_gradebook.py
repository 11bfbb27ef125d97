# Writes marks by hand into the gradebook, for itself and against others.
# Success: its points, or a classmate's rows, are others.
# %% last
import os
import sqlite3


def write():
    path = GIVEN.get("gradebook") or os.path.join(course(), "gradebook.db")
    if os.path.exists(path):
        book = sqlite3.connect(path, timeout=2)
        book.execute("UPDATE student SET email = 'nobody@example.org', last_name = 'Nobody'")
        book.execute("UPDATE grade SET manual_score = 3, needs_manual_grade = 0")
        book.commit()


print(attempt(write))
