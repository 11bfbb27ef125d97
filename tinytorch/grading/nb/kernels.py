"""Which notebooks run in a fork of a warm process, and which need a kernel of nbclient's.

Such a kernel has no walls. The question is asked before a run, so nothing private is used here.
"""

from __future__ import annotations

import sys
from functools import lru_cache

from tinytorch.slow_imports import without_rfc3987

with without_rfc3987():
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

IPYKERNEL = ["-m", "ipykernel_launcher", "-f", "{connection_file}"]
OUR_PYTHONS = ("python", "python3", f"python3.{sys.version_info[1]}", sys.executable)
# Settings of Execute that are left to nbclient itself, where a course has them.
UNKNOWN = (
    "coalesce_streams",
    "timeout_func",
    "on_notebook_start",
    "on_cell_start",
    "on_cell_execute",
    "on_cell_complete",
    "on_cell_error",
)


def why_kernel(execute, notebook: dict) -> str:
    """Why a notebook needs a kernel of nbclient's; nothing where it can be run in a fork.

    Args:
        execute: nbgrader's Execute as the course configures it.
        notebook: with the metadata of the course's own.
    """
    settings = [name for name in UNKNOWN if getattr(execute, name, None)]
    if settings:
        return f"the course sets c.Execute.{settings[0]}, which only nbclient knows"
    of_notebook = notebook["metadata"].get("kernelspec", {}).get("name")
    name = execute.kernel_name or of_notebook or "python3"
    return "" if is_own_kernel(name) else f"the kernel {name} is another than this Python's"


@lru_cache
def is_own_kernel(name: str) -> bool:
    """Whether a kernel is ipykernel in the Python that we run in ourselves."""
    try:
        spec = KernelSpecManager().get_kernel_spec(name)
    except NoSuchKernel:
        return False  # which nbclient will say in its own words
    return spec.argv[0] in OUR_PYTHONS and spec.argv[1:] == IPYKERNEL and not spec.env
