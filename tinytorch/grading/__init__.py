"""From what students hand in to scores in nbgrader's gradebook."""


class NotGraded(Exception):
    """A submission could not be graded. The message says why, in one line, for a person."""
