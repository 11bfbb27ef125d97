"""What attacks on the grader achieve: stock nbgrader and ours, as one table in Markdown.

    python benchmarks/attacks.py                              # everything: hours on a busy machine
    python benchmarks/attacks.py --output benchmarks/attacks.md
    python benchmarks/attacks.py --graders compat isolated --kinds reading writing
    python benchmarks/attacks.py lying_points --variants given --afresh

Each attack of tests/grading/attacks/notebooks is graded between right classmates. What has been
tried is kept in .cache/, so that a run that was ended goes on where it was; whatever changes in the
attack, in what it attacks or in the grader has it tried again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
sys.path[:0] = [str(TESTS / "grading"), str(TESTS / "common")]

from attacks.harness import (  # noqa: E402
    GRADERS,
    ISOLATED,
    STOCK,
    VARIANTS,
    Attack,
    Grader,
    Range,
    Result,
    attacks,
)
from attacks.target import MODEL_POINTS, POINTS  # noqa: E402

KEPT = ROOT / ".cache/attacks.jsonl"
STOCK_BOUND = 60.0  # seconds: what takes longer there hangs for good
MOST = 3  # of the things that an attack achieves besides are shown
HEADS = (
    *("attack", "kind", "honest", *GRADERS),
    *("classmates changed", "written outside", "left running", "did not end by itself", "besides"),
)
EXPLAINED = f"""\
Made by `{{command}}`, Python {platform.python_version()}, nbgrader {{nbgrader}}.

One attacker among three right classmates, {POINTS:g} points for tests (and {MODEL_POINTS:g} that a
person gives). **Honest** is what the notebook earns with the attack's cells taken out, and its own
right code left in. The next columns are its points in stock nbgrader; in ours with tests in the
student's process, behind all walls (compat) and behind Landlock and seccomp alone (landlock); and
with the tests in a process of their own, behind all walls (isolated). More than honest is **bold**.
The columns after these name the graders under which it happened; a dash is none of them. A batch
has time to end by itself: {STOCK_BOUND:g} seconds in stock, {{bound:g}} in ours, for one that
floods its grader is slow where others work on the same machine. An attack that may be told where
its target is was {{variants}}.{{gaps}}"""


def main() -> None:
    options = _options()
    graders = [GRADERS[name] for name in options.graders]
    chosen = [a for a in attacks().values() if _is_wanted(a, options)]
    tried = Tried(options.bound, {} if options.afresh else _read_kept())
    if not options.as_is:
        try_all(chosen, graders, tried, options)
    rows = [Row(attack, graders, tried, options.variants) for attack in chosen]
    text = "\n".join([_head(options), "", *table(rows), "", *totals(rows)]) + "\n"
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    else:
        print(text, end="")


def try_all(
    chosen: list[Attack], graders: list[Grader], tried: Tried, options: argparse.Namespace
) -> None:
    """Try what is not known yet."""
    trials = [
        (attack, variant, grader)
        for grader in graders
        for attack in chosen
        if not (grader is STOCK and attack.not_in_stock)
        for variant in _variants(attack, options.variants)
    ]
    with tempfile.TemporaryDirectory(prefix="tinytorch-attacks-") as folder:
        stock = Range(Path(folder, "stock"), bound=STOCK_BOUND)
        ours = Range(Path(folder, "ours"), bound=options.bound)
        for attack, variant, grader in tqdm(trials, disable=not sys.stderr.isatty()):
            place = stock if grader is STOCK else ours
            result = tried.result(place, attack, variant, grader)
            if options.verbose:
                told = ", ".join(result.told) or "–"
                print(f"{grader.name} {attack.name} {variant}: {told}", file=sys.stderr, flush=True)


# --- What was tried ------------------------------------------------------------------------------


class Tried:
    """Results of trials, kept from run to run."""

    def __init__(self, bound: float, kept: dict[str, Result]):
        self._bound, self._kept = bound, kept

    def result(self, place: Range, attack: Attack, variant: str, grader: Grader) -> Result:
        """What came of an attack: looked up, or tried and taken down."""
        key = self._key(attack, variant, grader)
        known = self._kept.get(key)
        if known is None or not (known.ended or grader is STOCK or known.seconds >= self._bound):
            self._kept[key] = place.try_attack(attack, variant, grader)
            KEPT.parent.mkdir(exist_ok=True)
            with KEPT.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"key": key, **asdict(self._kept[key])}) + "\n")
        return replace(self._kept[key], honest=attack.honest)

    def of(self, attack: Attack, grader: Grader, variants: Iterable[str]) -> list[Result]:
        """What came of the variants of an attack that were tried; nothing where none was."""
        keys = [self._key(attack, variant, grader) for variant in _variants(attack, variants)]
        found = [self._kept[key] for key in keys if key in self._kept]
        return [replace(result, honest=attack.honest) for result in found]

    def _key(self, attack: Attack, variant: str, grader: Grader) -> str:
        text = f"{attack.cells} {grader} {_code_of(grader)}"
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        return f"{grader.name} {attack.name} {variant} {digest}"


@cache
def _code_of(grader: Grader) -> str:
    """A digest of the harness, of the course that is attacked, and of the grader if it is ours."""
    paths = [TESTS / f"grading/attacks/{name}.py" for name in ("harness", "prelude", "target")]
    for folder in () if grader is STOCK else ("grading", "testing"):
        paths += sorted((ROOT / "tinytorch" / folder).rglob("*.py"))
    if grader is not ISOLATED:
        paths = [path for path in paths if path.parent.name != "apart"]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()


def _read_kept() -> dict[str, Result]:
    found = {}
    for line in KEPT.read_text(encoding="utf-8").splitlines() if KEPT.exists() else ():
        fields = {n: tuple(v) if isinstance(v, list) else v for n, v in json.loads(line).items()}
        key = fields.pop("key")
        found[key] = Result(**fields)
    return found


# --- The table -----------------------------------------------------------------------------------


@dataclass
class Row:
    """All that came of one attack."""

    attack: Attack
    results: dict[str, list[Result]]  # of each grader, a result for each variant

    def __init__(self, attack: Attack, graders: list[Grader], tried: Tried, variants: list[str]):
        self.attack = attack
        self.results = {grader.name: tried.of(attack, grader, variants) for grader in graders}

    def points(self, grader: str) -> str:
        """The most that the attack earned."""
        results = self.results.get(grader)
        if not results:
            return "not run" if grader == STOCK.name and self.attack.not_in_stock else "?"
        most = max(results, key=lambda result: (result.gains, result.score))
        return f"**{most.score:g}**" if most.gains else f"{most.score:g}"

    def gains(self, grader: str) -> bool:
        return any(result.gains for result in self.results.get(grader, ()))

    def under(self, what: str) -> list[str]:
        """The graders under which something happened, by the name of a result's field."""
        return [
            name
            for name, results in self.results.items()
            if any((not r.ended) if what == "ended" else getattr(r, what) for r in results)
        ]

    def besides(self) -> str:
        """What else was achieved: read, sent away or shown on a page."""
        found: dict[str, list[str]] = {}
        for name, results in self.results.items():
            for words in dict.fromkeys(w for r in results for w in _other_words(r)):
                found.setdefault(words, []).append(name)
        told = [f"{words} ({', '.join(names)})" for words, names in found.items()]
        return "; ".join([*told[:MOST], *([f"{len(told) - MOST} more"] if told[MOST:] else [])])

    def cells(self) -> Iterator[str]:
        yield from (self.attack.name, self.attack.kind, f"{self.attack.honest:g}")
        yield from map(self.points, GRADERS)
        for what in ("harmed", "written", "processes", "ended"):
            yield ", ".join(self.under(what)) or "–"
        yield self.besides().replace("|", r"\|") or "–"


def _other_words(result: Result) -> Iterator[str]:
    yield from (f"leaks {it}" for it in result.leaked)
    yield from ["reaches the network"] if result.reached else []
    yield from (f"page: {it}" for it in result.live)


def table(rows: list[Row]) -> Iterator[str]:
    yield _line(HEADS)
    yield _line("---" for _ in HEADS)
    yield from (_line(row.cells()) for row in rows)


def totals(rows: list[Row]) -> Iterator[str]:
    """How many attacks of each kind gain points, and how many achieve anything else."""
    kinds = [*dict.fromkeys(row.attack.kind for row in rows), "all"]
    ran = [name for name in GRADERS if any(name in row.results for row in rows)]
    yield "Attacks that gain points, in brackets those that achieve anything, of those tried:"
    yield ""
    yield _line(["kind", *ran])
    yield _line("---" for _ in range(len(ran) + 1))
    for kind in kinds:
        chosen = [row for row in rows if kind in (row.attack.kind, "all")]
        yield _line([kind, *(_total(chosen, name) for name in ran)])
    reasons = {row.attack.name: row.attack.not_in_stock for row in rows if row.attack.not_in_stock}
    if reasons and STOCK.name in ran:
        yield from ("", "Not run in stock nbgrader:", "")
        yield from (f"- {name}: {reason}" for name, reason in reasons.items())


def _total(rows: list[Row], grader: str) -> str:
    tried = [row for row in rows if row.results.get(grader)]
    achieve = sum(any(result.told for result in row.results[grader]) for row in tried)
    return f"{sum(row.gains(grader) for row in tried)} ({achieve}) of {len(tried)}"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _head(options: argparse.Namespace) -> str:
    from importlib.metadata import version

    words = [word for word in sys.argv[1:] if word not in ("--verbose", "--afresh")]
    command = " ".join(["python benchmarks/attacks.py", *words])
    both = len(options.variants) == len(VARIANTS)
    told = "tried with and without; what it achieved in either counts"
    variants = told if both else "told" if "given" in options.variants else "not told"
    gaps = (
        "\n\nPut together from runs that were ended early; what none has tried has a question mark."
    )
    return EXPLAINED.format(
        command=command,
        nbgrader=version("nbgrader"),
        bound=options.bound,
        variants=variants,
        gaps=gaps if options.as_is else "",
    )


# --- Options -------------------------------------------------------------------------------------


def _variants(attack: Attack, wanted: Iterable[str]) -> list[str]:
    return [v for v in attack.variants if v in wanted] or list(attack.variants)


def _is_wanted(each: Attack, options: argparse.Namespace) -> bool:
    named = not options.attacks or each.name in options.attacks
    return named and (not options.kinds or each.kind in options.kinds)


def _options() -> argparse.Namespace:
    kinds = sorted({each.kind for each in attacks().values()})
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("attacks", nargs="*", help="names of attacks; default: all")
    parser.add_argument("--kinds", nargs="*", choices=kinds, metavar="KIND", help=", ".join(kinds))
    parser.add_argument("--graders", nargs="*", choices=list(GRADERS), default=list(GRADERS))
    parser.add_argument("--variants", nargs="*", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--bound", type=float, default=240.0, help="seconds for a batch of ours")
    parser.add_argument("--output", type=Path, help="write the table to this file")
    parser.add_argument("--afresh", action="store_true", help="look up nothing: try all again")
    parser.add_argument("--as-is", action="store_true", help="the table of what is kept; try none")
    parser.add_argument("--verbose", action="store_true", help="say what comes of each trial")
    return parser.parse_args()


if __name__ == "__main__":
    main()
