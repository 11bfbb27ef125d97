"""Show that the tests of a lesson tell right from wrong, and say what was misunderstood.

Each piece of evidence is gathered by running variants of the lesson:

- every wrong solution in `misconceptions.py` fails a test of its exercise; what the test saw
  leads to the sentence that the file gives for it, and never to another's; and students can see
  it fail before they hand in;
- every right solution there gets full marks and breaks nothing else in the lesson;
- every mutant of the reference solution fails a test of its exercise, or is listed in
  `mutants.toml` with the reason why it is as good as the solution;
- no locked test is passed by a lazy stand-in, as a function that always raises: see `worth`;
- the lesson as it is earns all its test points, the untouched release none; and where one
  exercise is not written, the points that others lose for it are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tinytorch.course.build import choose, read_lessons
from tinytorch.course.cases import LessonCase
from tinytorch.course.evidence import Record, alike, path_of, run_trials
from tinytorch.course.judge import LessonJudge, Row, Scale, Validity, says_so, told_of
from tinytorch.course.lesson import Lesson, Problem
from tinytorch.course.trials import Trial, outcome_of, run_afresh
from tinytorch.errors import UsageError

__all__ = ["Row", "Scale", "Validity", "check_evidence", "says_so", "validity"]

Progress = Callable[..., None]


def validity(
    root: Path,
    names: Iterable[str] = (),
    *,
    exercise: str | None = None,
    mutants: bool = True,
    workers: int | None = None,
    afresh: bool = False,
    sample: float = 0,
    keep: bool = True,
    progress: Progress = lambda done, total, what="": None,
) -> Validity:
    """Try wrong solutions, right ones and mutants on the tests of lessons.

    Args:
        root: the folder that holds `modules/`.
        names: the lessons, as `losses`, `04_losses` or `4`; all by default.
        exercise: the grade_id of the one exercise to look at; without it, all of them and the
            two ends of the scale.
        mutants: also try mutants, which takes longest.
        workers: processes side by side; by default as many as there are processors.
        afresh: forget what came of earlier runs.
        sample: the share in percent of what is on record that is run again; where something
            else comes out, that is a finding.
        keep: write what came of new runs beside the lessons.
        progress: called as `progress(done, total, what)`.

    Raises:
        LessonError: a lesson can't be read.
        UsageError: there is no such lesson or exercise.
    """
    lessons = read_lessons(root)
    judges = _judges(lessons, names, exercise, mutants)
    trials = [trial for judge in judges for trial in judge.trials()]
    record = Record(forget=afresh)
    again = record.sample(trials, sample)
    how = {"workers": workers, "keep": keep, "progress": progress}
    outcomes = run_trials(trials, record, lessons, **how)
    more = [trial for judge in judges for trial in judge.in_sight(outcomes)]
    outcomes |= run_trials(more, record, lessons, **how)
    if keep and mutants and exercise is None:
        record.save(only=[*trials, *more])
    found = Validity()
    for judge in judges:
        judge.judge(outcomes, record.seconds, found)
    found.findings += _differences(again, record, lessons, workers, progress)
    return found


def check_evidence(root: Path, names: Iterable[str] = ()) -> Validity:
    """Judge lessons by what is on record alone: nothing is run, and nothing written.

    Returns:
        `stale` names the files that lack a trial or hold one too many. Only where there are
        none, the rest was judged.
    """
    lessons = read_lessons(root)
    judges = _judges(lessons, names, None, True)
    trials = [trial for judge in judges for trial in judge.trials()]
    record = Record()
    outcomes = {trial.key: record.get(trial) for trial in trials}
    lacking = {path_of(trial) for trial in trials if outcomes[trial.key] is None}
    whole = [judge for judge in judges if path_of(judge.case.reference) not in lacking]
    more = [trial for judge in whole for trial in judge.in_sight(outcomes)]
    outcomes |= {trial.key: record.get(trial) for trial in more}
    found = Validity(stale=sorted({*lacking, *record.stale([*trials, *more])}))
    for judge in judges if not found.stale else ():
        judge.judge(outcomes, {}, found)
    return found


def _judges(
    lessons: list[Lesson], names: Iterable[str], exercise: str | None, mutants: bool
) -> list[LessonJudge]:
    cases = [LessonCase(lesson, lessons, exercise) for lesson in choose(lessons, names)]
    if exercise is not None and not any(case.exercises for case in cases):
        raise UsageError(f"no exercise {exercise!r} in {', '.join(c.lesson.folder for c in cases)}")
    return [LessonJudge(case, is_whole=exercise is None, mutants=mutants) for case in cases]


def _differences(
    again: list[Trial],
    record: Record,
    lessons: list[Lesson],
    workers: int | None,
    progress: Progress,
) -> Iterator[Problem]:
    """What comes out otherwise than it stands on record."""
    for n, (trial, result) in enumerate(run_afresh(again, lessons, workers=workers), 1):
        progress(n, len(again), f"{trial.lesson.folder} again")
        held, new = record.get(trial), outcome_of(trial, result)
        if not alike(trial, held, new):
            message = f"trial {trial.key} does not give again what is on record"
            message += f"\n    on record: {told_of(held, held).lstrip() or 'nothing fails'}"
            message += f"\n    now: {told_of(new, new).lstrip() or 'nothing fails'}"
            mend = (
                "find what it rests on besides the code (a seed, the time, the processor), mend "
                "that, then run `tinytorch validity --afresh`"
            )
            yield Problem(path_of(trial), 1, message, mend, trial.exercise)
