"""Exceptions over the wire: their kind, their words, and where they were raised."""

from __future__ import annotations

import linecache
import sys
import types
from typing import Any

from .channel import Nonsense

MOST_FRAMES = 60  # of a traceback, half from either end
CELLS = "ipykernel_"  # in the name of a cell's file


def places_of(error: BaseException, main: dict, told: set[str] | None) -> list[list]:
    """Where an exception went through: [file, line, name, is in a cell, text of the file or None].

    Frames of this package are left out; the text of a cell comes with its first mention.

    Args:
        told: the cells that were mentioned; None if no text is to be told.
    """
    found = []
    frame = error.__traceback__
    while frame is not None:
        code = frame.tb_frame.f_code
        if not frame.tb_frame.f_globals.get("__name__", "").startswith(__package__):
            file, own = code.co_filename, frame.tb_frame.f_globals is main
            text = None
            if own and told is not None and file not in told:
                told.add(file)
                text = "".join(linecache.getlines(file))
            found.append([file, frame.tb_lineno or 0, code.co_qualname, own, text])
        frame = frame.tb_next
    if len(found) > MOST_FRAMES:
        found[MOST_FRAMES // 2 : -MOST_FRAMES // 2] = []
    return found


def with_places(error: BaseException, places: Any, main: dict) -> BaseException:
    """The exception with a traceback that looks as if it had been raised there."""
    if not isinstance(places, list) or len(places) > MOST_FRAMES:
        raise Nonsense("a traceback")
    trace = None
    for file, line, name, own, text in reversed(places):
        if not (isinstance(file, str) and isinstance(name, str) and type(line) is int):
            raise Nonsense("a traceback")
        remember_text(file, text)
        frame = _frame(file, max(line, 1), name, main if own else {})
        trace = types.TracebackType(trace, frame, frame.f_lasti, max(line, 1))
    return error.with_traceback(trace)


def remember_text(file: str, text: Any) -> None:
    """Let a cell's lines be found by its file's name, as messages look for them."""
    is_cell = CELLS in file or file.startswith("<")
    if isinstance(text, str) and is_cell and file not in linecache.cache:
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)


def remember_line(file: Any, line: Any, text: Any) -> None:
    """Let one line of a cell be found, of which the rest is not known."""
    if all(isinstance(x, str) for x in (file, text)) and type(line) is int and 0 < line < 10_000:
        remember_text(file, "\n" * (line - 1) + text + "\n")


def _frame(file: str, line: int, name: str, space: dict) -> types.FrameType:
    """A frame of a function with that name, which does nothing but hand itself out."""
    code = _look.__code__.replace(
        co_filename=file, co_name=name.rpartition(".")[2], co_qualname=name, co_firstlineno=line
    )
    return types.FunctionType(code, space, closure=None)(sys._getframe)


def _look(look):
    return look()
