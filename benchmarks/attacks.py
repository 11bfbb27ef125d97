"""What attacks on the grader achieve: stock nbgrader and ours, as one table in Markdown.

    python benchmarks/attacks.py                          # all attacks, on both
    python benchmarks/attacks.py --graders ours --kinds reading writing
    python benchmarks/attacks.py lying_points --variants given

An attack that achieves nothing shows a dash. The attacks lie in tests/grading/attacks/notebooks.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tqdm import tqdm

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path[:0] = [str(TESTS / "grading"), str(TESTS / "common")]

from attacks.harness import GRADERS, VARIANTS, Attack, Range, attacks  # noqa: E402

MOST = 3  # of the things that an attack achieves are shown


def main() -> None:
    options = _options()
    graders = [GRADERS[name] for name in options.graders]
    chosen = [a for a in attacks().values() if _is_wanted(a, options)]
    print(f"| attack | what it tries | {' | '.join(options.graders)} |")
    print(f"|---|---|{'---|' * len(graders)}", flush=True)
    open_ = dict.fromkeys(options.graders, 0)
    with tempfile.TemporaryDirectory(prefix="tinytorch-attacks-") as folder:
        place = Range(Path(folder), bound=options.bound)
        for each in tqdm(chosen, disable=not sys.stderr.isatty()):
            row = []
            for grader in graders:
                wanted = [v for v in each.variants if v in options.variants] or each.variants
                told = {v: place.try_attack(each, v, grader).told for v in wanted}
                open_[grader.name] += any(told.values())
                row.append(cell(told))
            print(f"| {each.name} | {each.summary} | {' | '.join(row)} |", flush=True)
    counts = [f"{open_[name]} of {len(chosen)}" for name in options.graders]
    print(f"| achieve something | | {' | '.join(counts)} |")


def cell(told: dict[str, tuple[str, ...]]) -> str:
    """What the variants of an attack achieve; said once where it is the same."""
    if len(set(told.values())) == 1:
        return _words(next(iter(told.values())))
    return "; ".join(f"{variant}: {_words(words)}" for variant, words in told.items())


def _words(words: tuple[str, ...]) -> str:
    more = [f"{len(words) - MOST} more"] if len(words) > MOST else []
    return ", ".join([*words[:MOST], *more]).replace("|", r"\|") or "–"


def _is_wanted(each: Attack, options: argparse.Namespace) -> bool:
    named = not options.attacks or each.name in options.attacks
    return named and (not options.kinds or each.kind in options.kinds)


def _options() -> argparse.Namespace:
    kinds = sorted({each.kind for each in attacks().values()})
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("attacks", nargs="*", help="names of attacks; default: all")
    parser.add_argument("--kinds", nargs="*", choices=kinds, metavar="KIND", help=", ".join(kinds))
    parser.add_argument("--graders", nargs="*", choices=list(GRADERS), default=["stock", "ours"])
    parser.add_argument("--variants", nargs="*", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--bound", type=float, default=60.0, help="seconds for one batch")
    return parser.parse_args()


if __name__ == "__main__":
    main()
