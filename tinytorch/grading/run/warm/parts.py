"""What the warm process relies on inside other libraries, though nobody promised that it stays.

`missing` finds what is gone, by name. What the worker relies on stands in nb/parts.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

# The versions that these parts were seen in: those of constraints.txt, as a test makes sure.
SEEN = {
    "ipykernel": "7.4.0",
    "ipython": "9.18.1",
    "jupyter_client": "8.10.0",
    "nbclient": "0.11.0",
    "nbconvert": "7.17.2",
    "nbformat": "5.11.1",
    "nbgrader": "0.9.6",
    "Pygments": "2.21.0",
    "stack-data": "0.6.3",
    "tornado": "6.6.1",
}
SERIES = 2  # how many of a version's numbers must be the same for it to count as tested


class Part(NamedTuple):
    """A part of another library."""

    package: str  # a key of SEEN
    path: str  # "module:name.name"
    purpose: str  # what for

    @property
    def seen(self) -> str:
        return SEEN[self.package]

    def __str__(self) -> str:
        where = self.path.replace(":", ".")
        here = installed(self.package)
        return f"{self.package} {here} has no {where} ({self.purpose}; seen in {self.seen})"


PARTS = (
    # kernel.py
    Part("ipykernel", "ipykernel.kernelapp:IPKernelApp.init_connection_file", "writes no file"),
    Part("ipykernel", "ipykernel.kernelapp:IPKernelApp.init_poller", "starts no thread"),
    Part("ipykernel", "ipykernel.kernelapp:IPKernelApp.init_sockets", "opens no socket"),
    Part("ipykernel", "ipykernel.kernelapp:IPKernelApp.init_heartbeat", "starts no thread"),
    Part("ipykernel", "ipykernel.kernelapp:IPKernelApp.write_connection_file", "writes no file"),
    Part("ipykernel", "ipykernel.kernelapp:IPKernelApp.log_connection_info", "says nothing"),
    Part("ipykernel", "ipykernel.kernelapp:IPKernelApp.init_io", "streams of our own"),
    Part("ipykernel", "ipykernel.kernelapp:IPKernelApp.init_kernel", "a kernel without sockets"),
    Part("ipykernel", "ipykernel.kernelapp:IPKernelApp.patch_io", "faulthandler keeps its file"),
    Part("ipykernel", "ipykernel.ipkernel:IPythonKernel.execute_request", "runs a cell"),
    Part("ipykernel", "ipykernel.ipkernel:IPythonKernel.set_parent", "whose output it is"),
    Part("ipykernel", "ipykernel.ipkernel:IPythonKernel.pre_handler_hook", "a cell's SIGINT"),
    Part("ipykernel", "ipykernel.ipkernel:IPythonKernel.post_handler_hook", "a cell's SIGINT"),
    Part("ipykernel", "ipykernel.ipkernel:IPythonKernel._publish_status", "busy and idle"),
    Part("ipykernel", "ipykernel.ipkernel:IPythonKernel._execute_sleep", "no wait for a socket"),
    Part("ipykernel", "ipykernel.ipkernel:IPythonKernel.shell_channel_thread", "cells that await"),
    Part("ipykernel", "ipykernel.displayhook:ZMQDisplayHook", "what other modules display"),
    Part("jupyter_client", "jupyter_client.session:Session.msg", "makes a message"),
    Part("jupyter_client", "jupyter_client.session:Session.msg_header", "its head"),
    Part("jupyter_client", "jupyter_client.session:Session.message_count", "its number"),
    Part("jupyter_client", "jupyter_client.jsonutil:json_default", "writes a message as JSON"),
    Part("jupyter_client", "jupyter_client.session:Session.pack", "writes a message as JSON"),
    Part("jupyter_client", "jupyter_client.session:Session.send", "to a socket of our own"),
    Part("tornado", "tornado.ioloop:IOLoop.add_callback", "cancels a cell that awaits"),
    # shortcuts.py, apart/errors.py
    Part("ipykernel", "ipykernel.ipkernel:_accepts_parameters", "asked once for each method"),
    Part("ipykernel", "ipykernel.compiler:murmur2_x86", "the names of cells' files"),
    Part("ipython", "IPython.core.interactiveshell:_should_be_async", "a cell compiled once"),
    Part(
        "ipython",
        "IPython.core.interactiveshell:InteractiveShell._format_exception_for_storage",
        "a traceback formatted once",
    ),
    Part(
        "ipython",
        "IPython.core.inputtransformer2:TransformerManager.transform_cell",
        "a cell looked through once",
    ),
    Part(
        "ipython",
        "IPython.core.inputtransformer2:TransformerManager.do_token_transforms",
        "a plain cell not tokenized",
    ),
    Part("ipython", "IPython.core.compilerop:CachingCompiler.ast_parse", "a cell compiled before"),
    Part("ipython", "IPython.core.compilerop:CachingCompiler.__call__", "a cell compiled before"),
    Part("ipython", "IPython.core.ultratb:AutoFormattedTB.structured_traceback", "warms up"),
    Part(
        "ipython",
        "IPython.core.tbtools:count_lines_in_py_file",
        "opens no file that a student names",
    ),
    Part("ipython", "IPython.utils.PyColorize:Parser.format2", "lines coloured once"),
    Part("ipython", "IPython.utils.PyColorize:Theme.format", "tokens coloured once"),
    Part("Pygments", "pygments.lexer:regex_opt", "a lexer made once"),
    Part(
        "Pygments",
        "pygments.formatters.terminal256:Terminal256Formatter._setup_styles",
        "a formatter made once",
    ),
    Part("stack-data", "stack_data:style_with_executing_node", "a style made once"),
    Part("stack-data", "stack_data.core:_pygmented_with_ranges", "functions coloured once"),
)


def missing(parts: Iterable[Part] = PARTS) -> list[Part]:
    """The parts that are not there."""
    return [part for part in parts if not _is_there(part.path)]


def untested() -> list[str]:
    """The packages whose version is of another series than the one that was seen."""
    found = [(package, installed(package), seen) for package, seen in SEEN.items()]
    return [
        f"{package} {here} (tested: {'.'.join(_series(seen))}.*)"
        for package, here, seen in found
        if here and _series(here) != _series(seen)
    ]


def installed(package: str) -> str:
    """The version of a package that is here; nothing where there is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _series(text: str) -> list[str]:
    return text.split(".")[:SERIES]


def _is_there(path: str) -> bool:
    module, _, names = path.partition(":")
    try:
        found = import_module(module)
        for name in names.split("."):
            found = getattr(found, name)
    except (ImportError, AttributeError):
        return False
    return True
