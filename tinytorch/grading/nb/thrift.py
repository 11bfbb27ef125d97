"""nbconvert and nbformat without what they do for safety's sake, where nothing is at risk."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import SimpleNamespace
from unittest.mock import patch

from tinytorch.slow_imports import without_rfc3987

with without_rfc3987():
    import nbformat
    from nbconvert.exporters import exporter
    from nbformat import NotebookNode, validator
    from nbformat.v4 import nbbase, nbjson

# Of these kinds of output, the only ones that most cells have, each field is known.
TEXTS = {"stream": {"name", "text"}, "error": {"ename", "evalue"}}
FIELDS = {
    kind: {"output_type", *texts} | ({"traceback"} if kind == "error" else set())
    for kind, texts in TEXTS.items()
}


@contextlib.contextmanager
def thrift() -> Iterator[None]:
    """In here a notebook that belongs to nobody else is run and written.

    It is copied before its steps, before it is normalised and before it is written, and each
    output is held against the schema, as the whole notebook is at the end, twice: a third of the
    time that all steps take.
    """
    as_it_is = SimpleNamespace(deepcopy=_itself)
    with (
        patch.object(exporter, "copy", as_it_is),
        patch.object(validator, "deepcopy", _itself),
        patch.object(nbjson, "copy", as_it_is),
        patch.object(nbbase, "validate", _quick(nbbase.validate)),
        patch.object(nbformat, "validate", _once(nbformat.validate)),
    ):
        yield


def _itself(thing):
    return thing


def _once(validate):
    """As for the schema, a notebook is what it was when it was held against it."""
    sound: list[NotebookNode] = []

    def validate_once(nb, *arguments, **options) -> None:
        if not any(nb is one for one in sound):
            validate(nb, *arguments, **options)
            sound.append(nb)

    return validate_once


def _quick(validate):
    def validate_unless_plain(node, ref=None) -> None:
        if not (ref in TEXTS and _is_sound(node, ref)):
            validate(node, ref)

    return validate_unless_plain


def _is_sound(output: dict, kind: str) -> bool:
    """Whether an output is what the schema asks of its kind: text in each of its fields."""
    if output.keys() != FIELDS[kind] or output["output_type"] != kind:
        return False
    lines = output.get("traceback", [])
    texts = [output[name] for name in TEXTS[kind]]
    return isinstance(lines, list) and all(isinstance(text, str) for text in (*texts, *lines))
