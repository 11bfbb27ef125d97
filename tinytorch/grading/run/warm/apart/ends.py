"""The two ends as kernels have them: one serves between its cells, the other runs tests."""

from __future__ import annotations

from typing import Any

from .channel import Gone, Nonsense
from .errors import open_no_strange_file
from .names import given_of
from .student import Student
from .tests import Tests

STUDENT, TESTS = "student", "tests"


def end_for(role: str, sock: Any, names: dict) -> StudentsEnd | TestsEnd:
    """The end of the wire of a kernel, by its role."""
    return StudentsEnd(sock, names) if role == STUDENT else TestsEnd(sock, names)


class StudentsEnd:
    """Runs the student's cells, and serves while a test runs."""

    def __init__(self, sock: Any, names: dict):
        self._student = Student(sock, names)

    async def run(self, kernel: Any, parent: dict, request: dict) -> None:
        if "serve" not in request:
            await kernel.execute_request(None, [], parent)
            return
        try:
            self._student.serve()
        except BaseException:  # a time limit's among them
            self._student.channel.close()  # the tests' end says what became of it


class TestsEnd:
    """Runs the tests."""

    def __init__(self, sock: Any, names: dict):
        self._sock, self._names = sock, names
        self._tests: Tests | None = None
        open_no_strange_file()

    async def run(self, kernel: Any, parent: dict, request: dict) -> None:
        if "given" in request:
            given = given_of(tuple(request["given"]))
            self._tests = Tests(self._sock, self._names, given)
            given.open(self._names)
            return
        content = parent["content"]
        try:
            self._tests.begin(content["code"])
        # Whatever it is: S chooses what it answers, an exit or an interruption among that.
        except BaseException as error:
            content["code"] = f"raise RuntimeError({_why(error)!r})"
        try:
            await kernel.execute_request(None, [], parent)
        finally:
            self._end()

    def _end(self) -> None:
        try:
            self._tests.end()
        except BaseException:
            self._tests.channel.close()  # who waits for it at the other end is not to wait on


def _why(error: BaseException) -> str:
    """Why a test could not begin."""
    if isinstance(error, Gone):
        return "the process of the student's code has ended"
    if isinstance(error, Nonsense):
        return f"the process of the student's code sent what makes no sense: {error}"
    return f"the names of the test could not be had: {type(error).__name__}: {error}"
