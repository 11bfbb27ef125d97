"""A lesson while a student works on it: tests run, say one line each, and are summed up.

`begin` names the lesson. `test` turns a function into a test that prints a line when it passes
and shows its message alone when it fails. Warnings, and what is written to the error stream
while a test runs, become notes on the standard output: they cost nothing.
"""

from __future__ import annotations

import contextlib
import functools
import io
import linecache
import os
import re
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any
from zlib import crc32

from tinytorch.testing.compare import Difference
from tinytorch.testing.diagnosis import CASES_KEPT, causes, known_mistakes, lesson_table
from tinytorch.testing.inputs import Case
from tinytorch.testing.messages import (
    TestFailed,
    described,
    fit,
    got_and_expected,
    is_own_word,
    own_frames,
    own_line,
    raised,
    short_text,
)

LONG = 1.0  # seconds: a test that takes longer is not run again to explain its failure
IN_NOTEBOOK = "tinytorch.workspace.in_notebook"
MOST_NOTES = 3  # of warnings that a test passes on
UNWRITTEN = "is not written yet"


@dataclass
class Session:
    """What is known of the lesson at hand, and what its tests have said so far."""

    lesson: str = ""
    table: dict = field(default_factory=lambda: lesson_table(""))
    passed: dict[str, bool] = field(default_factory=dict)  # by the test's name
    running: str = ""  # the test
    checks: int = 0  # how many it has made

    def exercise_of(self, test: str) -> str:
        return self.table["tests"].get(test, {}).get("exercise", "")

    def points_of(self, test: str) -> float:
        return self.table["tests"].get(test, {}).get("points", 0)

    def not_right(self) -> set[str]:
        """The exercises that fail a test as things stand."""
        return {self.exercise_of(test) for test, passed in self.passed.items() if not passed} - {""}

    def called(self, exercise: str) -> str:
        """`` `mean` (1.6) ``: an exercise with the number of its section."""
        about = self.table["exercises"].get(exercise, {})
        section = about.get("section", "")
        return f"`{about.get('name', exercise)}`" + (f" ({section})" if section else "")


current = Session()


def begin(lesson: str) -> None:
    """Begin a lesson: forget what was tested, learn what its tests are worth, and look around.

    In a student's workspace it says on whose code the lesson runs.

    Args:
        lesson: its name without the number, as `losses`.

    Raises:
        ModuleNotFoundError: an earlier lesson's module is missing or broken, with what to do.
    """
    global current
    current = Session(lesson, lesson_table(lesson))
    if "TINYTORCH_WORKSPACE" in os.environ or "NBGRADER_EXECUTION" not in os.environ:
        # Here, for it takes a while to load, and where a class is graded there is no workspace.
        from tinytorch.workspace.in_notebook import look_around

        look_around(lesson)


# --- A test ---------------------------------------------------------------------------------


def test(function: Callable[[], None]) -> Callable[[], None]:
    """Make a function a test: its docstring says in one line what must hold.

    Called, it prints that line and its points, or raises `TestFailed` with what is wrong.
    """

    @functools.wraps(function)
    def run() -> None:
        name, says = function.__name__, (function.__doc__ or function.__name__).splitlines()[0]
        current.running, current.checks = name, 0
        with _noted() as notes:
            failure = _failure(function)
        current.passed[name] = failure is None
        current.running = ""
        for note in notes:
            print(f"note: {note}")
        if failure is not None:
            raise failure from None
        points = current.points_of(name)
        print(f"passed: {says}" + (f" ({_points(points)})" if points else ""))

    return run


test.__test__ = False  # pytest would take it for a test of ours


def _failure(function: Callable[[], None]) -> TestFailed | None:
    """Run a test: None where it passes."""
    start = time.perf_counter()
    failure = _caught(function)
    if failure is None or time.perf_counter() - start > LONG:
        return failure
    return _explained(failure, _taking_part(function))


def _caught(function: Callable[[], None]) -> TestFailed | None:
    try:
        function()
    except TestFailed as error:
        return error
    except NotImplementedError as error:
        return TestFailed(_unwritten(error))
    except NameError as error:
        if not (exercise := _undefined_exercise(error)):
            return _failure_of(error)
        called = current.called(exercise)
        return TestFailed(
            f"{called} is not defined: run its cell, which must define `{error.name}`."
        )
    except AssertionError as error:  # a plain assert of the test's own
        return TestFailed(str(error) or "an assertion of the test does not hold")
    except (Exception, SystemExit) as error:
        return _failure_of(error)
    return None


def _failure_of(error: BaseException) -> TestFailed:
    """The failure where a test itself, and none of its checks, met an exception."""
    trial = Trial("the test")
    trial.fail(Case((), label="The code under test"), _raised(error), error)
    return trial.failure()


def _explained(failure: TestFailed, guilty: set[str]) -> TestFailed:
    """The failure with what goes before it: exercises it leans on that are not right yet."""
    if not guilty:
        return failure
    names = " and ".join(map(current.called, sorted(guilty)))
    are, it = ("is", "it") if len(guilty) == 1 else ("are", "them")
    head = f"{names} {are} not right yet, and this leans on {it}: mend that first."
    lines = BaseException.__str__(failure).splitlines()
    said = [line for line in lines if line != failure.cause]  # who knows whose mistake it is
    return TestFailed(fit([head, *said]), failure.evidence)


def _taking_part(function: Callable[[], None]) -> set[str]:
    """Which exercises that fail their own tests take part in a test, run once more to see it.

    To watch every call takes a multiple of the time, so tests that pass are not watched.
    """
    suspects = current.not_right() - {current.exercise_of(current.running)}
    if not suspects:
        return set()
    main, took_part = vars(sys.modules["__main__"]), set()

    def notice(frame, event, _) -> None:
        if event == "call" and frame.f_globals is main:
            exercise = snake_case(frame.f_code.co_qualname.split(".")[0])
            if exercise in suspects:
                took_part.add(exercise)

    before = sys.getprofile()
    with contextlib.redirect_stdout(io.StringIO()):
        sys.setprofile(notice)
        try:
            function()
        except (Exception, SystemExit):
            pass  # it is known to fail
        finally:
            sys.setprofile(before)
    return took_part


@contextlib.contextmanager
def _noted() -> Iterator[list[str]]:
    """Turn warnings and the error stream into notes: neither decides anything."""
    notes: list[str] = []
    stream = sys.stderr
    text = io.StringIO()
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stderr(text):
        warnings.simplefilter("default")
        silenced = _diverted(stream, text)
        try:
            yield notes
        finally:
            silenced()
    for warning in caught:
        said = f"{warning.category.__name__}: {short_text(str(warning.message))}"
        if source := linecache.getline(warning.filename, warning.lineno).strip():
            said += f", at line {warning.lineno}: {short_text(source, 80)}"
        if said not in notes:
            notes.append(said)
    written = [line for line in text.getvalue().splitlines() if line.strip()]
    notes += written
    if len(notes) > MOST_NOTES:
        notes[MOST_NOTES:] = [f"and {len(notes) - MOST_NOTES} more"]


def _diverted(stream: Any, text: io.StringIO) -> Callable[[], None]:
    """Divert what still holds the old error stream, as handlers of logging do."""
    try:
        stream.write = text.write
    except (AttributeError, TypeError):  # a stream that can't be changed: a file of C's
        return lambda: None

    def restore() -> None:
        with contextlib.suppress(AttributeError):
            del stream.write

    return restore


# --- A check --------------------------------------------------------------------------------


class Attempt:
    """One case of a check while it is tried: what it raises is a failure like any other."""

    __slots__ = ("case", "difference", "error", "then", "trial")

    def __init__(self, trial: Trial, case: Case, then: str):
        self.trial, self.case, self.then = trial, case, then
        self.difference: Difference | None = None
        self.error: BaseException | None = None

    def __enter__(self) -> Attempt:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, _: Any) -> bool:
        if error is not None:
            if isinstance(error, TestFailed) or not isinstance(error, Exception | SystemExit):
                return False
            if isinstance(error, NotImplementedError) and _unwritten_exercise(error):
                return False
            if isinstance(error, NameError) and _undefined_exercise(error):
                return False
            self.error, self.difference = error, _raised(error, self.then)
        if self.difference is not None:
            self.trial.fail(self.case, self.difference, self.error)
        return True


class Trial:
    """One check of a test: its cases are tried one after the other, then it is judged.

    Args:
        name: what is called.
        first: names of inputs that stand before those of a case.
    """

    def __init__(self, name: str, first: tuple[str, ...] = ()):
        self.name, self.first, self.tried = name, first, 0
        self.failed: list[tuple[Case, Difference, BaseException | None]] = []
        self.number, current.checks = current.checks, current.checks + 1
        self.line = _line_of_test()

    def case(self, case: Case, then: str = "") -> Attempt:
        """Try a case; `then` is what to say behind an exception that it raises."""
        self.tried += 1
        return Attempt(self, case, then)

    def fail(self, case: Case, found: Difference, error: BaseException | None = None) -> None:
        self.failed.append((case, found, error))

    def fail_with(self, found: tuple[Case, Difference] | None) -> None:
        if found is not None:
            self.fail(*found)

    def judge(self) -> None:
        if self.failed:
            raise self.failure()

    def failure(self) -> TestFailed:
        case, found, error = self.failed[0]
        evidence = self.evidence()
        lines = [f"{self.label(case)} {found.says}" + ("" if found.says.endswith("?") else ".")]
        if error is not None and (where := own_line(error, current.running)):
            lines.append(where)
        if error is not None and IN_NOTEBOOK in sys.modules:  # one looked round a workspace
            lines += sys.modules[IN_NOTEBOOK].own_place(error)
        known = known_mistakes(current.lesson).get(current.running, [])
        sentences = causes(evidence, known)
        cause = sentences[0] if len(sentences) == 1 else ""
        lines += [cause] if cause else []
        lines += got_and_expected(found)
        if len(self.failed) > 1:
            lines.append(f"  ({len(self.failed)} of the {self.tried} cases that were tried fail)")
        return TestFailed(fit(lines), evidence, cause)

    def evidence(self) -> dict:
        some = self.failed[:CASES_KEPT]
        # A number for the call: evidence travels with the lesson, hidden tests' inputs must not.
        cases = [[crc32(self.label(c).encode()), d.kind, d.detail] for c, d, _ in some]
        return {
            "check": self.number,
            "line": self.line,
            "tried": self.tried,
            "failing": len(self.failed),
            "cases": cases,
        }

    def label(self, case: Case) -> str:
        """How a message writes the call: `mean([1., 2., 3.], axis=0)`."""
        if case.label:
            return case.label
        words = [*self.first, *map(described, case.inputs)]
        words += [f"{key}={described(value)}" for key, value in case.options.items()]
        return f"{self.name}({short_text(', '.join(words))})"


def _raised(error: BaseException, then: str = "") -> Difference:
    detail = [type(error).__name__]
    if not is_own_word(error):  # students' wording differs, and says nothing of the mistake
        detail.append(re.sub(r"0x\w+", "", short_text(str(error))))
    return Difference("raised", f"raised {raised(error)}{then}", detail)


def _line_of_test() -> int:
    """At which line of its cell the running test stands."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_name != current.running:
        frame = frame.f_back
    return frame.f_lineno if frame is not None and current.running else 0


def _unwritten_exercise(error: BaseException) -> str:
    """The exercise whose stub raised, if one did."""
    frames, last = own_frames(error), error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if not frames or last is None or frames[-1][0] is not last.tb_frame:
        return ""
    name = frames[-1][0].f_code.co_qualname.split(".")[0]
    return snake_case(name) if name.isidentifier() and name != current.running else ""


def _undefined_exercise(error: NameError) -> str:
    """The exercise whose name nobody has defined, if it is one's."""
    exercises = current.table["exercises"].items()
    return next((key for key, about in exercises if about.get("name", key) == error.name), "")


def _unwritten(error: BaseException) -> str:
    exercise = _unwritten_exercise(error)
    own = current.exercise_of(current.running)
    if not exercise:  # it was raised elsewhere, by a layer without a forward say
        said = short_text(str(error)).rstrip(".")
        return f"{said}." if said else f"An exercise {UNWRITTEN}."
    if exercise == own or exercise not in current.table["exercises"]:
        return f"{current.called(exercise)} {UNWRITTEN}."
    return f"{current.called(exercise)} {UNWRITTEN}, and this leans on it: write that first."


# --- The end of a lesson ----------------------------------------------------------------------


def summary() -> None:
    """Print what each exercise has earned so far, and what is open."""
    tests, rows, open_ = current.table["tests"], [], []
    for exercise, about in current.table["exercises"].items():
        own = [name for name, test in tests.items() if test["exercise"] == exercise]
        most = sum(tests[name]["points"] for name in own)
        earned = sum(tests[name]["points"] for name in own if current.passed.get(name))
        run = any(name in current.passed for name in own)
        state = "done" if earned == most else "open" if run else "not run"
        name = about.get("name", exercise)
        rows.append((about["section"], name, f"{earned:g} of {most:g}", state))
        open_ += [exercise] if state != "done" else []
    width = max((len(name) for _, name, *_ in rows), default=0)
    for section, name, points, state in rows:
        print(f"{section:<5} {name:<{width}} {points:>9}  {state}")
    most = sum(test["points"] for test in tests.values())
    earned = sum(test["points"] for name, test in tests.items() if current.passed.get(name))
    line = f"{earned:g} of {_points(most)} by the tests above"
    by_hand = sum(current.table.get("questions", {}).values())
    print(
        line + (f"; {_points(by_hand)} more for answers that a person reads." if by_hand else ".")
    )
    if open_:
        print(f"Next: {current.called(open_[0])}.")
    if IN_NOTEBOOK in sys.modules:
        sys.modules[IN_NOTEBOOK].say_what_is_slow()


def export() -> None:
    """Make the student's own module of this lesson, and say what comes next.

    It is made of the saved notebook, which is checked as in grading before. Where the notebook is
    graded, or is in no workspace, nothing is done.
    """
    if "NBGRADER_EXECUTION" in os.environ:
        return
    from tinytorch.workspace.in_notebook import export as export_lesson

    export_lesson(current.lesson)


# --- Small helpers --------------------------------------------------------------------------


def is_function(thing: Any) -> bool:
    return isinstance(thing, FunctionType)


def snake_case(name: str) -> str:
    """`CrossEntropyLoss` -> `cross_entropy_loss`: the grade_id of what an exercise defines."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _points(points: float) -> str:
    return f"{points:g} point{'' if points == 1 else 's'}"
