"""The environment of the processes that run notebooks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

# NumPy starts a thread for each core in every kernel, which costs more than it gains here.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


@contextmanager
def environment(**values: str) -> Iterator[None]:
    """Set variables of the environment for a while."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
