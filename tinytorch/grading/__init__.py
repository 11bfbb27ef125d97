"""From what students hand in to scores in nbgrader's gradebook."""

from tinytorch.errors import TinyTorchError


class NotGraded(TinyTorchError):
    """A submission could not be graded. The message says why, in one line, for a person."""


class ToolFault(TinyTorchError):
    """The grader itself failed, by no fault of a submission: another run may do better."""


class NbgraderError(TinyTorchError):
    """nbgrader could not do what it was asked to, for a reason that lies with the course."""
