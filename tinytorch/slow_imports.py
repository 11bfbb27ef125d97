"""Make slow imports quick."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_rfc3987() -> Iterator[None]:
    """Import jsonschema in here, and it costs a fifth of the time.

    Jupytext, nbformat and nbgrader import jsonschema, which builds a parser for
    internationalised web addresses (rfc3987_syntax) that no notebook schema asks for.
    jsonschema treats it as optional, so it is hidden while jsonschema is first imported. And no
    garbage is looked for meanwhile: imports make hardly any, and many objects to look at.
    """
    hide, collects = "rfc3987_syntax" not in sys.modules, gc.isenabled()
    if hide:
        sys.modules["rfc3987_syntax"] = None
    gc.disable()
    try:
        yield
    finally:
        if hide:
            del sys.modules["rfc3987_syntax"]
        if collects:
            gc.enable()
