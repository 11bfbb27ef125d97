"""What went wrong, in one line for a person."""

from __future__ import annotations

from tinytorch.grading import ToolFault

# What the system says of a full disk, and SQLite; and what a person is to do about it.
FULL = ("No space left on device", "Disk quota exceeded", "disk is full")
NO_ROOM = "there is no room left on the disk: make some and grade again"


MOST_WORDS = 300  # characters of one reason


def printable(text: str) -> str:
    """A text that others had a part in, in one line that does nothing to a terminal or a file."""
    words = "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in text)
    return " ".join(words.split())


def brief(text: str) -> str:
    """The beginning of such a text."""
    text = printable(text)
    return text if len(text) <= MOST_WORDS else f"{text[:MOST_WORDS]}…"


def reason_of(error: BaseException) -> str:
    """What an exception of nbgrader's, of the disk or of the gradebook means."""
    text = " ".join(str(error).split()).partition(" [SQL: ")[0]
    if any(words in text for words in FULL):
        return NO_ROOM
    if type(error).__name__ == "DeadKernelError":
        return "the kernel died: a cell ended the process (exit, os._exit) or used up the memory"
    if type(error).__name__ == "CellTimeoutError":
        return "a cell could not be interrupted after its time was up, or printed without end"
    if "Cannot add or remove cells" in text or "Cannot modify existing assignment" in text:
        return (
            "the gradebook holds submissions of this assignment with other cells: "
            "put the cells back, or move gradebook.db away (marks by hand go with it) and "
            "grade again"
        )
    return f"{type(error).__name__}: {text}"[:300]


def is_tools(error: BaseException | None) -> bool:
    """Whether an exception, or what it came from, is the grader's own.

    Such exceptions no student's code can cause in our process: it runs in another.
    """
    while error is not None:
        if isinstance(error, ToolFault | AttributeError | ImportError | NameError):
            return True
        error = error.__cause__
    return False
