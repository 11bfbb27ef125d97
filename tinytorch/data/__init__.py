"""Data that lessons use, without a download and without a library that would have to bring it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

__all__ = ["Digits", "load_digits"]


class Digits(NamedTuple):
    """1,797 handwritten digits, under the names that scikit-learn gives them."""

    data: np.ndarray  # (1797, 64), float64: pixels from 0, white, to 16, black
    images: np.ndarray  # (1797, 8, 8), the same memory
    target: np.ndarray  # (1797,), int64: the digits


def load_digits() -> Digits:
    """The handwritten digits that scikit-learn's `load_digits` gives, in a hundredth of the time.

    Each line of `digits.txt` is an image: its digit, then 64 pixels, a character each, "0" to "@".

    Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine
    Learning Repository, 1998 (doi 10.24432/C50P49, CC BY 4.0), the test set, written by 13 people.
    """
    text = Path(__file__).with_name("digits.txt").read_bytes()
    rows = np.frombuffer(text, np.uint8).reshape(-1, 66)[:, :-1] - ord("0")
    data = rows[:, 1:].astype(np.float64)
    return Digits(data, data.reshape(-1, 8, 8), rows[:, 0].astype(np.int64))
