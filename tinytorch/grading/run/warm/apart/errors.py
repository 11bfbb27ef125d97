"""Exceptions over the wire: their kind, their words, and where they were raised."""

from __future__ import annotations

import linecache
import os
import sys
import types
from functools import lru_cache
from typing import Any

import numpy as np

from .channel import Nonsense

MOST_FRAMES = 60  # of a traceback, half from either end
MOST_LINES = 1_000_000
MOST_FILES = 2000  # of which the lines are known
MOST_TEXT = 1_000_000  # characters of one
LIBRARIES = (f"{sys.base_prefix}/", f"{sys.prefix}/", f"{os.path.dirname(np.__path__[0])}/")
CELLS = "ipykernel_"  # in the name of a cell's file


def places_of(
    error: BaseException,
    main: dict,
    told: set[str] | None,
    end: types.TracebackType | None = None,
) -> list[list]:
    """Where an exception went through: [file, line, name, is in a cell, text of the file or None].

    Frames of this package are left out; the text of a cell comes with its first mention.

    Args:
        told: the cells that were mentioned; None if no text is to be told.
        end: from where on the traceback is not told.
    """
    found = []
    frame = error.__traceback__
    while frame is not None and frame is not end:
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
    """The exception with a traceback that looks as if it had come through there."""
    if not isinstance(places, list) or len(places) > MOST_FRAMES:
        raise Nonsense("a traceback")
    trace = error.__traceback__
    for file, line, name, own, text in reversed(places):
        if not (isinstance(file, str) and isinstance(name, str) and type(line) is int):
            raise Nonsense("a traceback")
        if line > MOST_LINES or "\0" in file:
            raise Nonsense("a traceback")
        remember_text(file, text)
        frame = _frame(file, max(line, 1), name, main if own else {})
        trace = types.TracebackType(trace, frame, frame.f_lasti, max(line, 1))
    return error.with_traceback(trace)


def remember_text(file: str, text: Any) -> None:
    """Let a cell's lines be found by its file's name, as messages look for them.

    Of any other file that is no library's there are none: whoever looked for them would open what
    S names, and S can have made a pipe of it.
    """
    known = linecache.cache.get(file)
    if _is_here(file) or (known and (known[0] or not text)):
        return
    if len(linecache.cache) > MOST_FILES:
        raise Nonsense("the texts of too many files")
    text = text[:MOST_TEXT] if _is_cell(file) and isinstance(text, str) else ""
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)


def _is_cell(file: str) -> bool:
    return CELLS in file or file.startswith("<")


def _is_here(file: str) -> bool:
    """Whether a file is one of this end's own."""
    if file.startswith(LIBRARIES) and "/../" not in file:
        return True
    return file in _files_of_modules(len(sys.modules))


@lru_cache(1)
def _files_of_modules(count: int) -> set[str]:
    """The files of all modules that are loaded, of which there are `count`."""
    modules = [getattr(each, "__dict__", {}) for each in list(sys.modules.values())]
    return {file for module in modules if isinstance(file := module.get("__file__"), str)}


def open_no_strange_file() -> None:
    """Have IPython count the lines of this end's own files alone, of those in a traceback."""
    from IPython.core import tbtools

    count = tbtools.count_lines_in_py_file

    def count_lines(file: str) -> int:
        known = linecache.cache.get(file)
        if known and len(known) > 1:
            return len(known[2])
        return count(file) if _is_here(file) else 0

    tbtools.count_lines_in_py_file = count_lines


def remember_line(file: str, line: int, text: Any) -> None:
    """Let one line of a cell be found, of which the rest is not known yet."""
    remember_text(file, "")
    known = linecache.cache.get(file)
    is_line = isinstance(text, str) and 0 < line < 10_000
    if is_line and known and not known[0] and _is_cell(file):
        lines = [*known[2], *["\n"] * (line - len(known[2]))]
        lines[line - 1] = f"{text[:MOST_TEXT]}\n"
        linecache.cache[file] = (0, None, lines, file)  # 0 characters: the whole may still come


def _frame(file: str, line: int, name: str, space: dict) -> types.FrameType:
    """A frame of a function with that name, which does nothing but hand itself out."""
    code = _look.__code__.replace(
        co_filename=file, co_name=name.rpartition(".")[2], co_qualname=name, co_firstlineno=line
    )
    return types.FunctionType(code, space, closure=None)(sys._getframe)


def _look(look):
    return look()
