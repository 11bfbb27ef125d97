"""The two ends as kernels have them: one serves between its cells, the other runs tests."""

from __future__ import annotations

from typing import Any

from .channel import Gone, Nonsense
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
        except (Gone, Nonsense):
            self._student.channel.close()  # the tests' end says what became of it


class TestsEnd:
    """Runs the tests."""

    def __init__(self, sock: Any, names: dict):
        self._sock, self._names = sock, names
        self._tests: Tests | None = None

    async def run(self, kernel: Any, parent: dict, request: dict) -> None:
        if "given" in request:
            given = given_of(tuple(request["given"]))
            self._tests = Tests(self._sock, self._names, given)
            given.open(self._names)
            return
        content = parent["content"]
        try:
            self._tests.begin(content["code"])
        except BaseException as error:  # the student's process may send one of any kind
            content["code"] = f"raise RuntimeError({_why(error)!r})"
        await kernel.execute_request(None, [], parent)
        try:
            self._tests.end()
        except BaseException:
            self._tests.channel.close()  # who waits for it at the other end is not to wait on


def _why(error: BaseException) -> str:
    if isinstance(error, Nonsense):
        return f"the process of the student's code sent what makes no sense: {error}"
    if not isinstance(error, Gone):
        return f"the process of the student's code broke off: {type(error).__name__}"
    return "the process of the student's code has ended"
