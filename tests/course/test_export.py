"""The exported module reads as if a person had written it."""

import ast

from sample import GOOD, change, write_lesson

from tinytorch.course.export import export, export_init, public_names

EXPECTED = '''\
"""Scaling. Made from modules/02_scaling/scaling.py: edit that file, not this."""

import numpy as np

__all__ = ["scale"]


def __dir__() -> list[str]:
    return __all__


def scale(x, factor):
    """Multiply."""
    product = np.multiply(x, factor)
    return product
'''


def test_markers_and_directives_are_gone_and_the_solution_stays(tmp_path):
    assert export(write_lesson(tmp_path, GOOD)) == EXPECTED


def test_imports_are_gathered_once_in_three_groups(tmp_path):
    more = """# %%
#| export
import math
import numpy as np
from tinytorch.core.tensor import Tensor

LIMIT = math.inf

"""
    text = export(
        write_lesson(
            tmp_path,
            change(
                GOOD,
                "# %%\nfrom tinytorch.testing import TestFailed",
                more + "# %%\nfrom tinytorch.testing import TestFailed",
            ),
        )
    )
    head = "import math\n\nimport numpy as np\n\nfrom tinytorch.core.tensor import Tensor\n\n"
    shown = "def __dir__() -> list[str]:\n    return __all__\n\n\n"
    names = '__all__ = ["LIMIT", "scale"]\n\n\n'
    assert head + names + shown + "LIMIT = math.inf\n\n\ndef scale" in text
    assert text.count("import numpy") == 1


def test_private_names_are_not_public(tmp_path):
    lesson = write_lesson(
        tmp_path,
        change(
            GOOD, "#| export\nimport numpy as np", "#| export\nimport numpy as np\n\n_TINY = 1e-9"
        ),
    )
    assert public_names(lesson) == ["scale"]


def test_the_front_of_the_package_names_everything(tmp_path):
    text = export_init([write_lesson(tmp_path, GOOD)])
    assert "from tinytorch.core.scaling import scale\n" in text
    assert '__all__ = ["scale"]\n' in text
    ast.parse(text)


def test_the_front_of_the_package_takes_what_a_lesson_says_is_public(tmp_path):
    more = "#| export\nLIMIT = 1\nimport numpy as np"
    text = change(GOOD, "#| export\nimport numpy as np", more)
    text = change(
        text, "#| default_exp core.scaling", "#| default_exp core.scaling\n#| public scale"
    )
    lesson = write_lesson(tmp_path, text)
    assert public_names(lesson) == ["LIMIT", "scale"]
    assert "LIMIT" not in export_init([lesson])
    assert "public" not in export(lesson)
