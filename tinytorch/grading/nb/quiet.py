"""nbgrader's Execute with a quiet kernel: of what steps.py relies on, it needs nothing."""

from __future__ import annotations

import subprocess

from tinytorch.slow_imports import without_rfc3987

with without_rfc3987():
    from nbgrader.preprocessors import Execute


class QuietExecute(Execute):
    """Execute with a kernel that can't write into our terminal; cells' outputs are collected."""

    def start_new_kernel(self, **settings) -> None:
        nowhere = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        super().start_new_kernel(**nowhere, **settings)
