"""What the engine spares, it spares without a trace."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from conftest import Student, code, notebook, stock_feedback, write
from ipykernel.compiler import murmur2_x86
from IPython.core.async_helpers import _should_be_async
from IPython.core.inputtransformer2 import TransformerManager
from nbformat import ValidationError, from_dict
from nbformat.v4 import nbbase, new_code_cell, new_notebook

from tinytorch.grading import grade
from tinytorch.grading.feedback import feedback
from tinytorch.grading.nb.converters import generate_release
from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.steps import kernel_arguments
from tinytorch.grading.nb.thrift import thrift
from tinytorch.grading.run.environment import ONE_THREAD
from tinytorch.grading.run.preload import KNOWN, is_plain
from tinytorch.grading.run.warm import kernel, shortcuts
from tinytorch.grading.standings import survey
from tinytorch.grading.work import starter, worker
from tinytorch.grading.work.assignment import AssignmentRun

SEED = 0xC70F6907


@pytest.mark.parametrize("length", range(9))
def test_a_cells_file_has_the_name_that_ipykernel_gives_it(length):
    for text in ("x" * length, "é€😀"[:length] + "\n" * length, "print(1)\n" * length):
        assert shortcuts.murmur2(text, SEED) == murmur2_x86(text, SEED)


@pytest.mark.parametrize(
    "cell",
    [
        "x = 1\n\n\ndef f(a, b):\n    return a != b and a % b\n",
        "%time x = 1",
        "  %matplotlib inline\nx",
        "%%timeit\nx = 1",
        "!ls -l",
        "!!ls",
        "names = !ls",
        "names =  !ls *.py\nprint(names)",
        "about = %who",
        "a, b = \\\n    %who",
        "str?",
        "str.join??",
        "?str",
        ",f a b",
        ";f a b",
        "/f a b",
        "if x:\n    !ls {x}\n",
        "text = '''\n%time\n!ls\n'''\n",
        "text = 'really?'  # !ls",
        ">>> x = 1\n>>> x\n",
        "In [1]: x = 1",
        "def broken(:\n    !ls",
        "x = (1,\n     %time)",
        "x != 1\ny = x %2\nz == !x",
        "s = 'a\u2028b'",
        "s = 'a\x1cb'",
    ],
)
def test_cells_are_read_as_ipython_reads_them(cell):
    plain, quick = TransformerManager(), TransformerManager()
    shortcuts.transform_once(quick)
    for _ in range(2):
        assert quick.transform_cell(cell) == plain.transform_cell(cell)


def test_a_transformer_of_the_cells_own_is_asked():
    manager = TransformerManager()
    shortcuts.transform_once(manager)
    manager.transform_cell("x = 1")
    asked = []
    manager.token_transformers.append(
        type("Mine", (), {"priority": 1, "find": classmethod(lambda cls, lines: asked.append(1))})
    )
    manager.line_transforms.append(lambda lines: [line.replace("x", "y") for line in lines])
    assert manager.transform_cell("x = 1") == "y = 1\n"
    assert asked


@pytest.mark.parametrize(
    ("cell", "plain"),
    [
        ("x = 1\n", True),
        ("async def f():\n    await g()\n", True),
        ("await g()\n", False),
        ("async with g():\n    pass\n", False),
        ("[x async for x in g()]\n", False),
        ("x = 1 is 1\n", False),
        ("assert (1, 'always')\n", False),
        ("text = '\\d'\n", False),
        ("(1, 2)\n(3)\n", True),
        ("[(1, 2)\n(3)]\n", False),
        ("def broken(:\n", False),
        ("return 1\n", False),
        ("x\0\n", False),
        ("x" + ".x" * 9000 + "\n", False),
        ("\ud800\n", False),
    ],
)
def test_a_cell_is_expected_where_compiling_it_says_nothing(cell, plain):
    assert is_plain(cell) == plain


OUTPUTS = [
    {"output_type": "stream", "name": "stdout", "text": "x"},
    {"output_type": "stream", "name": "stdout", "text": ["x", "y"]},
    {"output_type": "stream", "name": "stdout", "text": 5},
    {"output_type": "stream", "name": None, "text": "x"},
    {"output_type": "stream", "name": "stdout", "text": "x", "more": 1},
    {"output_type": "stream", "text": "x"},
    {"output_type": "error", "ename": "E", "evalue": "e", "traceback": ["x", "y"]},
    {"output_type": "error", "ename": "E", "evalue": "e", "traceback": "xy"},
    {"output_type": "error", "ename": "E", "evalue": "e", "traceback": ["x", 5]},
    {"output_type": "error", "ename": "E", "evalue": 5, "traceback": []},
    {"output_type": "error", "ename": "E", "evalue": "e"},
    {"output_type": "display_data", "data": {"text/plain": "x"}, "metadata": {}},
    {"output_type": "display_data", "data": {"text/plain": 5}, "metadata": {}},
]


@pytest.mark.parametrize("output", OUTPUTS)
def test_an_output_is_refused_where_nbformat_refuses_it(output):
    verdicts = []
    for ways in (contextlib.nullcontext, thrift):
        with ways():
            try:
                nbbase.validate(from_dict(output), output["output_type"])
            except ValidationError as error:
                verdicts.append(error.message)
            else:
                verdicts.append("")
    assert verdicts[0] == verdicts[1]


def test_a_notebook_is_written_as_nbformat_writes_it():
    cells = [new_code_cell("x\ny", outputs=[from_dict(OUTPUTS[n])]) for n in (0, 1, 6, 11)]
    made = new_notebook(cells=cells)
    expected = nbformat.writes(made)
    with thrift():
        assert nbformat.writes(made) == expected


def test_what_is_started_before_the_course_is_known_suits_most_courses():
    assert list(starter.USUAL_ARGUMENTS) == kernel_arguments()


def test_a_library_of_one_assignment_stands_in_nobodys_way(course):
    """02_twice has a file beside its notebook by the name of what 01_add imports."""
    lessons = {"01_add": "", "02_twice": "OWN = True\n"}
    for name, own in lessons.items():
        cells = [code("import cycler"), code("cycler.__file__"), code("1", "x", solution=True)]
        test = code("assert True", "t", grade=True, locked=True, points=1)
        write(course / f"source/{name}/{name[3:]}.ipynb", notebook(*cells, test))
        if own:
            write(course / f"source/{name}/cycler.py", own)
    generate_release(course, course, list(lessons))
    shown = {}
    for name in [*lessons, "01_add"]:
        Student(course, "ada", name).hands_in()
        [standing] = survey(Course(course), name)
        task = AssignmentRun(Course(course), name, "course").task("ada", standing)
        notebook_file = worker.grade(task.context, task.item).files[f"{name[3:]}.ipynb"].decode()
        [shown[name]] = re.findall(r"'[^']*cycler[^']*py'", notebook_file)
    worker.close_grader()
    assert "02_twice" in shown["02_twice"]
    assert "02_twice" not in shown["01_add"]


LIBRARIES = {
    "shadow/__init__.py": "def main():\n    return 'the function'\n",
    "shadow/main.py": "",
    "leaves/__init__.py": "def __getattr__(name):\n    return 'still here'\n",
    "leaves/early.py": "raise SystemExit\n",
    "ends.py": "import os\nif 'NBGRADER_EXECUTION' not in os.environ:\n    os._exit(1)\n",
    "loud/__init__.py": "",
    "loud/sub.py": "print('as it is imported')\n",
    "warns.py": "import warnings\nwarnings.warn('mind this')\n",
    "strict.py": "import warnings\nwarnings.simplefilter('error')\n",
    "shows.py": "from IPython.display import display\ndisplay('on import')\n",
    "low.py": "import os\nos.write(1, b'from below')\n",
    "figure.py": "import matplotlib.pyplot as plt\nplt.plot([1, 2])\n",
    "threads.py": "import threading\nt = threading.Timer(60, print)\nt.daemon = True\nt.start()\n",
    "seeds.py": "import random\nrandom.seed(1)\n",
    "seeds_numpy.py": "import numpy as np\nnp.random.seed(1)\n",
    "opens.py": "lines = open(__file__)\n",
    "folder.py": "import os, tempfile\nD = tempfile.mkdtemp()\nhere = lambda: os.listdir(D)\n",
    "style.py": "import matplotlib\nmatplotlib.rcParams['lines.linewidth'] = 7\n",
    "digits.py": "import decimal\ndecimal.getcontext().prec = 3\n",
    "once.py": "import sys\nif not hasattr(sys, 'o'):\n    sys.o = 1\n    raise OSError('first')\n",
    "old.py": "import warnings\nwarnings.warn('old', DeprecationWarning, stacklevel=2)\n",
    "user.py": "import old\n",
    "mover.py": "import os\nos.chdir('/tmp')\n",
}
# What cells show, where each is the only one of its assignment.
SHOWN = {
    "from shadow import main; main()": "the function",
    "from leaves import early; early": "still here",
    "import ends; 'it went on'": "it went on",
    "from loud import sub": "as it is imported",
    "import warns": "mind this",
    "import strict, warnings; warnings.warn('told off')": "UserWarning",
    "import shows": "on import",
    "import low, time; time.sleep(0.5)": "from below",
    "import figure": "image/png",
    "import threads; threads.t.is_alive()": "True",
    "import seeds; seeds.random.random()": "0.13436424411240122",
    "import seeds_numpy as s; s.np.random.rand()": "0.417022004702574",
    "import opens; opens.lines.readline()": "lines",
    "import folder; open(folder.D + '/mine', 'w'); folder.here()": "['mine']",
    "import decimal; a = decimal.Decimal(1) / 3; import digits; a": "0.33333",
    "import once": "first",
    "import old\nimport user": "DeprecationWarning",
    "import mover, os; os.getcwd()": "'/tmp'",
    "from matplotlib import rcParams; a = rcParams['lines.linewidth']; import style; a": "1.5",
    "import matplotlib": "cannot import name",  # from the course's own `cycler`
}


@pytest.mark.parametrize("cell", SHOWN)
def test_an_import_shows_what_it_shows_without_us(cell, course, tmp_path, monkeypatch):
    for name, text in LIBRARIES.items():
        write(tmp_path / "libraries" / name, text)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "libraries"))
    if cell == "import matplotlib":
        write(course / "source/01_add/cycler.py", "OWN = True\n")
    assert SHOWN[cell] in shown(course, cell)[0]


# A process that imports a module, and says what there is to see of it besides the module.
IMPORTS = """
import builtins, csv, decimal, fractions, gc, locale, logging, os, random, signal, socket, sys
import threading, time, warnings
from contextlib import suppress
import numpy, numpy.random

def state():
    return {
        "filters": [it for it in warnings.filters if not (it[1] or it[3]) and is_builtin(it[2])],
        "hooks": [warnings.showwarning, sys.excepthook, sys.displayhook, sys.unraisablehook,
                  threading.excepthook, sys.stdout, sys.stderr],
        "builtins": dict(vars(builtins)),
        "signals": list(map(signal.getsignal, range(1, signal.NSIG))),
        "numbers": [sys.getrecursionlimit(), sys.getswitchinterval(), gc.isenabled(), time.tzname,
                    socket.getdefaulttimeout(), locale.setlocale(locale.LC_ALL), os.getcwd()],
        "threads": [threading.active_count(), os.listdir("/proc/self/task")],
        "children": open(f"/proc/self/task/{os.getpid()}/children").read(),
        "descriptors": sorted(os.listdir("/proc/self/fd")),
        "decimal": repr(decimal.getcontext()),
        "csv": csv.list_dialects(),
        "fractions": vars(fractions.Fraction)["__repr__"],
        "log": [logging.root.level, logging.root.manager.disable, list(logging.root.handlers)],
        "numpy": repr([numpy.geterr(), numpy.get_printoptions()]),
        "numpy.random": repr(numpy.random.get_state(legacy=False)),
    }

def is_builtin(category):
    return category.__module__ == "builtins"

seeds, seed = [], random.seed
random.seed = seeds.append
before = state()
for name in sys.argv[1:]:
    with suppress(ImportError):
        __import__(name, fromlist=["any"])
after = state()
changed = [name for name in before if before[name] != after[name]]
if "matplotlib.pyplot" in sys.modules:
    import matplotlib, matplotlib.pyplot
    assert dict(matplotlib.rcParams) == dict(matplotlib.rcParamsOrig) | {
        name: matplotlib.rcParams[name] for name in matplotlib.rcParams if "backend" in name
    }
    assert not matplotlib.pyplot.get_fignums()
assert not changed and not seeds, (changed, seeds)
"""
OF_THEIRS = {
    "matplotlib": ["matplotlib.pyplot", "matplotlib.animation"],
    "scipy": ["scipy.stats", "scipy.optimize", "scipy.signal", "scipy.linalg"],
    "sklearn": ["sklearn.linear_model", "sklearn.ensemble", "sklearn.datasets", "sklearn.metrics"],
    "torch": ["torch.nn", "torch.optim", "torch.utils.data"],
    "tinytorch": ["tinytorch.core", "tinytorch.testing", "tinytorch.figures", "tinytorch.data"],
    "tqdm": ["tqdm.auto"],
    "PIL": ["PIL.Image"],
}


@pytest.mark.parametrize("package", sorted(KNOWN - sys.stdlib_module_names))
def test_what_is_loaded_beforehand_does_nothing_but_load(package):
    if importlib.util.find_spec(package) is None:
        pytest.skip("not installed")
    words = [sys.executable, "-c", IMPORTS, package, *OF_THEIRS.get(package, [])]
    environment = os.environ | ONE_THREAD | {"MPLBACKEND": "agg"}
    done = subprocess.run(words, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_cells_argparse_meets_the_words_of_a_kernel(course):
    asks = "import argparse; argparse.ArgumentParser().parse_args()"
    [put_out] = shown(course, asks)
    assert "ipykernel_launcher.py: error: unrecognized arguments: -f" in put_out


def test_a_cells_own_process_waits_for_no_thread_of_the_cell():
    stream = kernel.OutStream("stdout", SimpleNamespace(send=lambda *_, **__: None), 0)
    stream.watch(os.open(os.devnull, os.O_RDWR))
    with stream._lock:  # a thread is printing
        pid = os.fork()
        if pid == 0:
            said = {"file": stream, "flush": True}
            printing = threading.Thread(target=print, args="x", kwargs=said, daemon=True)
            printing.start()
            printing.join(10)
            os._exit(printing.is_alive())
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_a_cell_that_takes_stdout_away_costs_what_follows_alone(course):
    first, second = shown(course, "import sys; sys.stdout = None", "print('there')")
    assert first == "[]" and "AttributeError" in second


def test_two_threads_at_the_two_streams_wait_for_no_one(monkeypatch):
    session = SimpleNamespace(send=lambda *_, **__: None)
    out, err = (kernel.OutStream(name, session, 0) for name in ("stdout", "stderr"))
    out.goes_with(err)
    out.write("waits")
    err.write("waits")
    both = threading.Barrier(2)  # each is about to look at the other's text, if both can be

    def later() -> float:
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(0.2)
        return time.monotonic() + kernel.FLUSH_INTERVAL

    monkeypatch.setattr(kernel, "time", SimpleNamespace(monotonic=later))
    threads = [threading.Thread(target=it.write, args="x", daemon=True) for it in (out, err)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)


def test_what_waited_too_long_in_one_stream_goes_before_what_the_other_says(course):
    late = "import sys, time; print('e', file=sys.stderr); time.sleep(0.5); print('o')"
    [put_out] = shown(course, late)
    assert [each["name"] for each in json.loads(put_out)] == ["stderr", "stdout"]


def shown(course: Path, *cells: str) -> list[str]:
    """What these cells of an assignment put out, for one student, as JSON."""
    test = code("assert True", "t", grade=True, locked=True, points=1)
    nb = notebook(*map(code, cells), code("x = 1"), test)
    write(course / "source/01_add/add.ipynb", nb)
    generate_release(course, course, ["01_add"])
    Student(course, "ada", "01_add").hands_in()
    [standing] = survey(Course(course), "01_add")
    task = AssignmentRun(Course(course), "01_add", "course").task("ada", standing)
    try:
        graded = json.loads(worker.grade(task.context, task.item).files["add.ipynb"])
    finally:
        worker.close_grader()
    return [json.dumps(cell["outputs"]) for cell in graded["cells"][: len(cells)]]


CELLS_THAT_WARN = ("x = 5\nx is 5", "import asyncio\nawait asyncio.sleep(0)\n5 is 5", "x = '\\d'")


@pytest.mark.parametrize("cell", [*CELLS_THAT_WARN, "x = 5", "await g()", "def broken(:"])
def test_compiling_a_cell_says_as_much_as_ever(cell):
    for _ in range(2):  # cells with the same text, and IPython asks twice of each
        plain, quick = (
            said_by(_should_be_async, cell),
            said_by(shortcuts.ask_once(_should_be_async), cell),
        )
        assert plain == quick
        assert bool(plain[1]) == (cell in CELLS_THAT_WARN)


def said_by(should_be_async, cell: str) -> tuple[list[bool], int]:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("default")
        answers = [should_be_async(cell), should_be_async(cell)]
    return answers, len(said)


def test_a_template_of_the_courses_own_gets_its_code_as_ever(graded):
    """Pieces of code are put into the page last of all, unless the template alters them."""
    folder = graded / "templates" / "upper"
    template = "{%- for cell in nb.cells %}<p>{{ cell.source | highlight_code | upper }}</p>\n"
    write(folder / "index.html.j2", template + "{%- endfor %}")
    write(folder / "conf.json", '{"mimetypes": {"text/html": true}}')
    config = graded / "nbgrader_config.py"
    more = f"""
c.HTMLExporter.template_name = "upper"
c.HTMLExporter.template_file = "index.html.j2"
c.HTMLExporter.extra_template_basedirs = [{str(folder.parent)!r}]
"""
    write(config, config.read_text() + more)
    grade.grade(graded, ["01_add"])
    feedback(graded, ["01_add"], show_hidden_tests=True)
    ours = page(graded)
    assert "TEST_ADD" in ours
    stock_feedback(graded, "01_add", "wrong")
    assert ours == page(graded)


def page(course: Path) -> str:
    return (course / "feedback/wrong/01_add/add.html").read_text()
