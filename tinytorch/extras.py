"""What the commands need besides NumPy: extras of pyproject.toml, and how to install them."""

from __future__ import annotations

from importlib.util import find_spec

from tinytorch.errors import UsageError

# What the commands import of each extra. A package goes by the same name in Python and for pip.
COURSE = ("filelock", "jupytext", "nbclient", "rich")
GRADING = (*COURSE, "nbgrader")
PACKAGES = {"course": COURSE, "grading": GRADING, "cluster": (*GRADING, "distributed")}


def install_command(extra: str) -> str:
    """What to type in the folder of pyproject.toml: the package is on no index, so no name does."""
    return f'pip install -c constraints.txt -e ".[{extra}]"'


def require(extra: str, command: str) -> None:
    """See that what a command imports is there, before it starts.

    Raises:
        UsageError: with what is missing, and what to type.
    """
    missing = [name for name in PACKAGES[extra] if find_spec(name) is None]
    if missing and find_spec("tinytorch.course") is None:  # a student's package
        needs = f"{command} needs {', '.join(missing)}, not installed here"
        raise UsageError(f"{needs}. In the course's folder run\n  python course.py setup")
    if missing:
        raise UsageError(
            f"{command} needs {', '.join(missing)}, not installed here. In TinyTorch's folder, "
            f"where pyproject.toml is, run\n  {install_command(extra)}"
        )
