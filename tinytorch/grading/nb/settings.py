"""A course's nbgrader_config.py: nbgrader's settings and, under `c.TinyTorch`, our own."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from traitlets import Bool, List, Unicode
from traitlets.config import Config, Configurable
from traitlets.config.loader import ConfigFileNotFound, PyFileConfigLoader

from tinytorch.grading import NbgraderError
from tinytorch.slow_imports import without_rfc3987

CONFIG = "nbgrader_config.py"


class TinyTorch(Configurable):
    """What a course may set as `c.TinyTorch.name = value`; nbgrader's commands pass over it."""

    count_mistakes_once = Bool(
        False,
        help="Whether a mistake costs its own points alone: where an exercise fails, the tests of "
        "later ones are tried once more with the instructor's solution in its place.",
    ).tag(config=True)
    isolated_tests = Bool(
        False,
        help="Whether tests run in a process of their own, which no student's code enters.",
    ).tag(config=True)
    readable = List(
        Unicode(),
        help="Files and folders, besides Python's own, that submissions may read: data, say. "
        "What is not absolute is meant from the course's folder.",
    ).tag(config=True)
    environment = List(
        Unicode(), help="Names of variables of the environment that submissions may see."
    ).tag(config=True)


def read_settings(config: Config) -> TinyTorch:
    """Our settings in a course's configuration.

    Raises:
        ValueError: there is no setting of such a name, or it takes no such value.
    """
    known = TinyTorch.class_trait_names(config=True)
    unknown = sorted(set(config.TinyTorch) - set(known))
    if unknown:
        raise ValueError(f"c.TinyTorch has no {', '.join(unknown)}: there is {', '.join(known)}")
    try:
        return TinyTorch(config=config)
    except Exception as error:  # traitlets' TraitError
        raise ValueError(f"c.TinyTorch: {error}") from error


def load_config(root: Path, text: str = "") -> Config:
    """A course's configuration, from its own file alone.

    The nbgrader command reads ~/.jupyter as well; here two instructors get the same scores.

    Args:
        root: the course's folder.
        text: of the file, for a machine that lacks the course.

    Raises:
        NbgraderError: it is no configuration.
    """
    if not Path(root, CONFIG).exists() and text:
        with tempfile.TemporaryDirectory(prefix="tinytorch-config-") as folder:
            Path(folder, CONFIG).write_text(text, encoding="utf-8")
            return load_config(Path(folder))
    if str(root) not in sys.path:
        sys.path.append(str(root))  # plugins lie beside the file; nbgrader's command finds them
    try:
        with without_rfc3987():  # the file imports nbgrader
            config = PyFileConfigLoader(CONFIG, path=str(root)).load_config()
        read_settings(config)  # a slip of the pen is told now, not passed over
        return config
    except ConfigFileNotFound:
        return Config()
    except Exception as error:
        raise NbgraderError(f"{Path(root, CONFIG)}: {type(error).__name__}: {error}") from error
