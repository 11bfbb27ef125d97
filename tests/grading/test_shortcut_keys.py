"""Every answer that a shortcut remembers is that of the same question, in each of its parts.

For each part of a key: two questions that differ in it alone, both asked of the library itself and
of the shortcut. Each test names the mutants of the shortcut that it was seen to fail with.
"""

from __future__ import annotations

import importlib.util
import inspect
import linecache
import os
import sys
import tempfile
from pathlib import Path
from types import FrameType, SimpleNamespace

import ipykernel.compiler
import pygments
import pygments.lexer
import pytest
import stack_data
from ipykernel import ipkernel
from IPython.core import interactiveshell
from IPython.core.async_helpers import _should_be_async
from IPython.core.compilerop import CachingCompiler
from IPython.core.inputtransformer2 import TokenTransformBase, TransformerManager
from IPython.utils.PyColorize import Parser, Theme, theme_table
from nbformat import ValidationError, from_dict
from nbformat.v4 import nbbase
from nbgrader.nbgraderformat import MetadataValidator
from pygments.formatters import HtmlFormatter
from pygments.formatters.terminal256 import Terminal256Formatter
from pygments.lexers import get_lexer_by_name
from pygments.token import Token

from tinytorch.grading.nb import pages, steps
from tinytorch.grading.nb.thrift import thrift
from tinytorch.grading.run.warm import shortcuts

PATCHED = (
    (ipkernel, "_accepts_parameters"),
    (interactiveshell, "_should_be_async"),
    (ipykernel.compiler, "murmur2_x86"),
    (pygments.lexer, "regex_opt"),
    (stack_data, "style_with_executing_node"),
    (Terminal256Formatter, "_setup_styles"),
    (Theme, "format"),
    (stack_data.core, "_pygmented_with_ranges"),
    (Parser, "format2"),
    (inspect, "getsourcelines"),
    (inspect, "getmodule"),
)
PLAIN = {(owner, name): getattr(owner, name) for owner, name in PATCHED}


@pytest.fixture(autouse=True)
def quick(monkeypatch) -> None:
    """The shortcuts are in place, empty, for one test."""
    for owner, name in PATCHED:
        monkeypatch.setattr(owner, name, getattr(owner, name))
    compiler = CachingCompiler()
    shell = SimpleNamespace(input_transformer_manager=TransformerManager(), compile=compiler)
    shortcuts.speed_up_cells(shell)
    shortcuts.speed_up_tracebacks(shell)


def same(owner, name: str, *questions: tuple) -> None:
    """The shortcut answers as the library does, each question in turn and all once more.

    The questions' answers must differ, or they would tell nothing of a key.
    """
    expected = [PLAIN[owner, name](*question) for question in questions]
    assert all(one != other for i, one in enumerate(expected) for other in expected[:i])
    for _ in range(2):
        assert [getattr(owner, name)(*question) for question in questions] == expected


def test_whether_a_method_accepts_parameters():
    """`_accepts_parameters`, by method and names. Mutants: by the method alone; by names alone."""

    def one(cell_id):
        pass

    def other(cell_meta):
        pass

    ask = (ipkernel, "_accepts_parameters")
    same(*ask, (one, ["cell_id"]), (other, ["cell_id"]))
    same(*ask, (one, ["cell_id", "cell_meta"]), (one, ["cell_id"]))


def test_whether_a_cell_awaits(monkeypatch):
    """`ask_once`, by the cell. Mutants: the last answer whatever the cell; any known cell will do;
    the answer to a cell of the same length."""
    monkeypatch.setattr(shortcuts, "known", shortcuts.NOTHING)
    same(interactiveshell, "_should_be_async", ("await g()",), ("x = f(12)",))
    asked = shortcuts.ask_once(_should_be_async)
    assert [asked("await g()"), asked("x = f(12)")] == [True, False]
    shortcuts.expect("x = f(12)", {"text": "x = f(12)", "number": 0, "code": ""})
    assert [asked("x = f(12)"), asked("await g()")] == [False, True]


@pytest.mark.parametrize("transforms", ["cleanup_transforms", "line_transforms"])
def test_how_a_cell_is_transformed(transforms):
    """`transform_once`, by the cell, and by what transforms it: two lists of functions here, one
    of tokens' below. Mutants: the last answer whatever the cell; each of the three left out."""
    plain, fast = TransformerManager(), TransformerManager()
    shortcuts.transform_once(fast)
    for cell in ("%time x", "%time y", "%time x"):
        assert fast.transform_cell(cell) == plain.transform_cell(cell)
    for manager in (plain, fast):
        getattr(manager, transforms).append(lambda lines: [line.upper() for line in lines])
    assert fast.transform_cell("%time x") == plain.transform_cell("%time x") != "%time x\n"
    assert fast.transform_cell("x = 1") == plain.transform_cell("x = 1") == "X = 1\n"


def test_how_a_cell_is_transformed_by_tokens():
    """`transform_once`: see above."""

    class Doubled:
        start_line, start_col, priority = 0, 0, 1
        sortby = TokenTransformBase.sortby

        @classmethod
        def find(cls, tokens_by_line):
            names = [token for line in tokens_by_line for token in line if token.string == "x"]
            return cls() if len(names) == 1 else None

        def transform(self, lines):
            return ["x, x\n"]

    plain, fast = TransformerManager(), TransformerManager()
    shortcuts.transform_once(fast)
    assert fast.transform_cell("x") == plain.transform_cell("x") == "x\n"
    for manager in (plain, fast):
        manager.token_transformers.append(Doubled)
    assert fast.transform_cell("x") == plain.transform_cell("x") == "x, x\n"


def test_the_name_of_a_cells_file():
    """`murmur2` remembers nothing. Mutants: without the seed; without the last bytes."""
    same(ipykernel.compiler, "murmur2_x86", ("abcde", 1), ("abcde", 2), ("abcdf", 1))


def test_the_pattern_of_words():
    """`regex_opt_once`, by words, prefix and suffix. Mutants: without each of the three; words as
    they come, which fails for a list."""
    ask = (pygments.lexer, "regex_opt")
    same(*ask, (("if", "for"), "", ""), (("if", "while"), "", ""))
    same(*ask, (("if", "for"), r"\b", ""), (("if", "for"), r"\B", ""))
    same(*ask, (("if", "for"), "", r"\b"), (("if", "for"), "", r"\B"))
    same(*ask, (["if", "for"], "", ""), ({"if", "while"}, "", ""))
    assert "true" in pygments.highlight("[true]", get_lexer_by_name("json5"), HtmlFormatter())


def test_a_style_that_marks_what_runs():
    """`style_with_executing_node`, by style and modifier. Mutants: by the one; by the other."""
    make = stack_data.style_with_executing_node

    def executing(style: str, modifier: str) -> dict:
        return make(style, modifier).styles[Token.Keyword.ExecutingNode]

    found = {args: executing(*args) for args in [("default", "bg:#111"), ("default", "bold"),
                                                 ("monokai", "bold")]}  # fmt: skip
    plain = PLAIN[stack_data, "style_with_executing_node"]
    assert found == {args: plain(*args).styles[Token.Keyword.ExecutingNode] for args in found}
    assert len(set(found.values())) == len(found)


FORMATTERS = [
    lambda: Terminal256Formatter(style="default"),
    lambda: Terminal256Formatter(style="monokai"),
    lambda: Terminal256Formatter(style="default", nobold=True, noitalic=True),
    lambda: type("Loud", (Terminal256Formatter,), {"_color_index": lambda *_: 1})(style="default"),
]


def test_the_colours_of_a_formatter():
    """`set_up_once`, by style, of plain formatters. Mutants: one for all styles; whatever the
    formatter's options; whatever its class."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Terminal256Formatter, "_setup_styles", PLAIN[FORMATTER])
        expected = [make().style_string for make in FORMATTERS]
    assert all(one != other for i, one in enumerate(expected) for other in expected[:i])
    for _ in range(2):
        assert [make().style_string for make in FORMATTERS] == expected


FORMATTER = (Terminal256Formatter, "_setup_styles")


def test_a_line_of_a_function_in_colours():
    """`highlight_once`, by style, code and ranges, of plain formatters. Mutants: without each of
    the three; whatever the formatter; the same list each time."""
    ask = (stack_data.core, "_pygmented_with_ranges")
    marked = stack_data.style_with_executing_node("default", "bg:#00005f")
    other = stack_data.style_with_executing_node("monokai", "bg:#00005f")
    plain, loud = Terminal256Formatter(style=marked), Terminal256Formatter(style=other)
    same(*ask, (plain, "x = 1\n", []), (plain, "x = 2\n", []))
    same(*ask, (plain, "x = f(1)\n", []), (plain, "x = f(1)\n", [(4, 8)]))
    same(*ask, (plain, "def x(): 1\n", []), (loud, "def x(): 1\n", []))
    numbered = HtmlFormatter(style=marked)
    same(*ask, (plain, "def x(): 1\n", []), (numbered, "def x(): 1\n", []))
    dim = Terminal256Formatter(style=marked, nobold=True)
    same(*ask, (plain, "def x(): 1\n", []), (dim, "def x(): 1\n", []))
    stack_data.core._pygmented_with_ranges(plain, "x = 1\n", []).append("the caller's own")
    assert len(stack_data.core._pygmented_with_ranges(plain, "x = 1\n", [])) == 1


def test_a_token_in_colours():
    """`format_by_token`, by theme, kind and text. Mutants: without each of the three."""
    themes = [theme_table["linux"], theme_table["neutral"]]
    tokens = [(Token.Keyword, "x"), (Token.Number, "x"), (Token.Keyword, "y")]
    same(Theme, "format", *((themes[0], [token]) for token in tokens))
    same(Theme, "format", *((theme, [tokens[0]]) for theme in themes))
    same(Theme, "format", (themes[0], tokens), (themes[0], tokens[:2]))
    same(Theme, "format", (themes[0], [[*tokens[0]]]), (themes[0], [[*tokens[1]]]))


class Silent(Parser):
    """A parser that colours nothing."""

    def __call__(self, toktype, toktext, *_):
        self.out.write(toktext)


def test_a_line_in_colours():
    """`colour_once`, by the parser's class, its theme and the line. Mutants: without each of the
    three; into a file as into a string."""
    linux, neutral = (Parser(theme_name=name) for name in ("linux", "neutral"))
    same(Parser, "format2", (linux, "def x", "str"), (linux, "def y", "str"))
    same(Parser, "format2", (linux, "def z", "str"), (neutral, "def z", "str"))
    silent = Silent(theme_name="linux")
    same(Parser, "format2", (linux, "def a", "str"), (silent, "def a", "str"))
    written = SimpleNamespace(write=lambda text: lines.append(text))
    lines: list[str] = []
    assert linux.format2("def x", written) == (None, False) and lines


def frames_of(path: Path) -> list[FrameType]:
    """A frame in each function of a module that is read from a file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [module.f(), module.g()]


MODULE = """import sys
def f():
    return sys._getframe()  # {}
def g():
    return sys._getframe()
"""


def test_the_lines_of_a_frame(tmp_path):
    """`getsourcelines_once`, by the code and by the text of its file. Mutants: one for all code;
    one for all code of a file; whatever became of the file; of a function as of a frame; the same
    list each time."""
    path = tmp_path / "shown.py"
    path.write_text(MODULE.format("first"))
    frame, of_same_file = frames_of(path)
    same(inspect, "getsourcelines", (frame,), (of_same_file,), (sys._getframe(),), (frames_of,))
    inspect.getsourcelines(frame)[0].append("the caller's own")
    assert len(inspect.getsourcelines(frame)[0]) == 2
    path.write_text(MODULE.format("second"))
    os.utime(path, (0, 0))
    linecache.checkcache(str(path))
    expected = PLAIN[inspect, "getsourcelines"](frame)
    assert "second" in expected[0][1]
    assert inspect.getsourcelines(frame) == expected


def test_the_module_of_a_cell(tmp_path):
    """`getmodule_unless_cell` remembers nothing. Mutants: none for any code; for functions too."""
    here = inspect.currentframe()
    assert inspect.getmodule(here) is PLAIN[inspect, "getmodule"](here) is not None
    name = os.path.join(tempfile.gettempdir(), "ipykernel_1", "2.py")
    made = {"__name__": __name__}
    exec(compile("def f(): pass", name, "exec"), made)
    assert inspect.getmodule(made["f"].__code__) is None
    assert inspect.getmodule(made["f"]) is PLAIN[inspect, "getmodule"](made["f"]) is not None


# --- The worker's ---------------------------------------------------------------------------

MARKS = {"schema_version": 3, "grade": True, "locked": True, "solution": False, "task": False,
         "grade_id": "a", "points": 1}  # fmt: skip


def cell(kind: str, **marks) -> dict:
    nbgrader = {**MARKS, "cell_type": kind, **marks}
    return from_dict({"cell_type": kind, "source": "", "metadata": {"nbgrader": nbgrader}})


def refusal(validate, *about) -> str:
    try:
        validate(*about)
    except ValidationError as error:
        return error.message
    return ""


def test_whether_metadata_are_sound(monkeypatch):
    """`_Validator`, by the cell's kind and its marks. Mutants: without each of the two."""
    monkeypatch.setattr(steps._Validator, "sound", set())
    manual = {"grade": True, "solution": False, "locked": True}
    sound, typed = cell("code", **manual), cell("markdown", **manual)
    typed.metadata.nbgrader["cell_type"] = sound.metadata.nbgrader["cell_type"]
    for other in (typed, cell("code", points=-1), cell("code", grade_id="")):
        for each in (sound, other, sound):
            plain = refusal(MetadataValidator().validate_cell, each)
            assert refusal(steps._Validator().validate_cell, each) == plain
        assert refusal(MetadataValidator().validate_cell, other)


def test_an_output_is_held_against_the_kind_it_is_said_to_be():
    """`thrift` remembers nothing. Mutants of `_is_sound`: any fields will do; any output_type; any
    lines of a traceback; texts of any type (with the outputs in test_shortcuts.py)."""
    odd = from_dict({"output_type": "error", "name": "stdout", "text": "x"})
    assert refusal(nbbase.validate, odd, "stream")
    with thrift():
        assert refusal(nbbase.validate, odd, "stream")


def test_a_piece_of_a_page():
    """`_piece`, by source, language, magics and lexer. Mutants: without each of the four."""
    from nbconvert.exporters import HTMLExporter

    exporter = pages._quick(HTMLExporter)()
    questions = [
        ("def x", "python", None, None), ("def y", "python", None, None),
        ("def x", "c", None, None), ("def x", None, None, "c"), ("def x", None, None, "html"),
        ("%%x\ndef x", "ipython3", "html", None), ("%%x\ndef x", "ipython3", "c", None),
    ]  # fmt: skip
    for _ in range(2):
        for question in questions:
            fresh = pages._quick(HTMLExporter)()._piece(*question)
            assert exporter._piece(*question) == fresh
    assert len({exporter._piece(*question) for question in questions}) >= 5
