"""Make slow imports quick."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_rfc3987() -> Iterator[None]:
    """Import jsonschema in here, and it costs a fifth of the time.

    Jupytext, nbformat and nbgrader import jsonschema, which builds a parser for
    internationalised web addresses (rfc3987_syntax) that no notebook schema asks for.
    jsonschema treats it as optional, so it is hidden while jsonschema is first imported.
    """
    hide = "rfc3987_syntax" not in sys.modules
    if hide:
        sys.modules["rfc3987_syntax"] = None
    try:
        yield
    finally:
        if hide:
            del sys.modules["rfc3987_syntax"]
