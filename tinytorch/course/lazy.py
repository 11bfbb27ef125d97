"""Decorators that make of a right function one that somebody wrote who did not think.

The text of this file runs in front of an exercise's cell, where lessons are tried: it leans on
nothing of the course's. What a lazy function returns it takes from copies of its inputs, so that
it has none of the right one's effects on them; and where the right one raises, it returns 0.
"""

import copy
import inspect
from collections.abc import Iterator

import numpy as np


def always_raises(kind):
    def body(right, inputs, options):
        raise kind("raised by a stand-in")

    return _in_place_of(body)


def returns_none(right):
    """Of a generator function, one that gives None once: a block of it does nothing."""
    if inspect.isgeneratorfunction(right):
        return _in_place_of(lambda right, inputs, options: (None for _ in range(1)))(right)
    return _in_place_of(lambda right, inputs, options: None)(right)


def returns_first_argument(right):
    """The first one besides `self`."""
    self = "." in right.__qualname__

    def first(right, inputs, options):
        return [*inputs[self:], *options.values(), None][0]

    return _in_place_of(first)(right)


def returns_zeros(right):
    return _in_place_of(_answering(np.zeros_like))(right)


def returns_double(right):
    return _in_place_of(_answering(_double))(right)


def _double(numbers):
    """Twice the numbers, of truths the opposite; ones where the double is no other answer."""
    twice = numbers + numbers if np.asarray(numbers).dtype != np.bool_ else np.logical_not(numbers)
    return twice if not np.array_equal(twice, numbers, equal_nan=True) else np.ones_like(numbers)


def _in_place_of(body):
    """A decorator: `body(right, inputs, options)` under the right function's name and signature."""

    def decorate(right):
        def lazy(*inputs, **options):
            return body(right, inputs, options)

        for name in ("__module__", "__name__", "__qualname__", "__doc__"):
            setattr(lazy, name, getattr(right, name))
        lazy.__signature__ = inspect.signature(right)
        return lazy

    return decorate


def _answering(change):
    def body(right, inputs, options):
        try:
            return _changed(right(*copy.deepcopy(inputs), **copy.deepcopy(options)), change)
        except Exception:
            return 0.0

    return body


def _changed(answer, change):
    """An answer in the form of the right one, with `change` made to all numbers in it."""
    data = getattr(answer, "data", None)
    if isinstance(answer, np.ndarray | np.generic):
        return np.asarray(change(answer), answer.dtype)[()]
    if isinstance(answer, bool | int | float):
        return type(answer)(change(answer))
    if isinstance(data, np.ndarray):
        return type(answer)(_changed(data, change))
    if isinstance(answer, list | tuple):
        parts = [_changed(part, change) for part in answer]
        return type(answer)(*parts) if hasattr(answer, "_fields") else type(answer)(parts)
    if isinstance(answer, dict):
        return {key: _changed(answer[key], change) for key in answer}
    if isinstance(answer, Iterator):
        return iter([_changed(part, change) for part in answer])
    if inspect.isfunction(answer):
        return _in_place_of(_answering(change))(answer)
    return None  # there is no number in it
