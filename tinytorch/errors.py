"""The errors that end a command with a message, not with a traceback."""


class TinyTorchError(Exception):
    """Something that its user can mend, and the message says how."""

    exit_status = 1


class UsageError(TinyTorchError):
    """A command or function was called in a way, or in a place, where it can't work."""

    exit_status = 2
