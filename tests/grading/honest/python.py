# ruff: noqa: E501 - a cell is longer than a line of ours
"""Unusual things done with the language, with libraries, or with the notebook."""

from .build import adds, after, case, last

PLOT = "import matplotlib.pyplot as plt\n"

CASES = [
    case(
        "magics",
        2,
        "%load_ext autoreload\n%autoreload 2\n%matplotlib inline\n%pdb off\n"
        "%config InlineBackend.figure_format = 'retina'",
        "%timeit -n 2 -r 2 sum([1])",
        "%%capture kept\nprint('x')",
        "print(kept.stdout)",
        "%%time\nNone",
    ),
    case(
        "help_and_source",
        5,
        after(
            "accuracy",
            "help(accuracy)",
            "accuracy?",
            "accuracy??",
            "import inspect\nprint(inspect.getsource(accuracy)[:12])",
        ),
    ),
    case(
        "module_written_and_imported",
        2,
        "%%writefile mine.py\nTWO = 2",
        "import mine\nprint(mine.TWO)",
        "%run mine.py\nprint(TWO)",
        "%bookmark here\n%store",
    ),
    case(
        "widgets_and_rich_display",
        2,
        "import ipywidgets as w\nfrom IPython.display import *\n"
        "display(w.IntSlider(3), HTML('<b>b</b>'), Audio([0, 1], rate=8000))\nw.interact(lambda n: n, n=3)",
    ),
    case(
        "plot_backends_and_animation",
        3,
        "import matplotlib\nmatplotlib.use('Agg')\n"
        + PLOT
        + "plt.style.use('ggplot')\nplt.plot([1, 2]); plt.savefig('a.png'); plt.savefig('a.pdf')",
        PLOT
        + "from matplotlib.animation import FuncAnimation, PillowWriter\nf, a = plt.subplots()\n"
        "FuncAnimation(f, lambda n: a.plot([n]), 3).save('a.gif', PillowWriter()); print('saved')\n"
        "plt.title('Größe 中 $x^2$'); plt.show()",
    ),
    case(
        "pandas_scipy_sklearn",
        5,
        "import pandas as pd, scipy.special\nfrom sklearn.datasets import load_digits\n"
        "from sklearn.linear_model import LogisticRegression\nx, y = load_digits(return_X_y=True)\n"
        "print(LogisticRegression(max_iter=20).fit(x[:200], y[:200]).score(x, y) > 0.5, scipy.special.expit(0))\n"
        "pd.DataFrame({'a': [1]}).to_csv('a.csv'); pd.read_csv('a.csv')",
    ),
    case(
        "tqdm_rich_logging",
        2,
        "from tqdm.auto import tqdm\nimport rich, logging, sys, warnings\n"
        "for _ in tqdm(range(3), disable=True): pass\nrich.print('[red]red')\n"
        "logging.basicConfig(filename='log.txt', level=10); logging.info('kept')\n"
        "warnings.filterwarnings('ignore'); print('err', file=sys.stderr)\nprint(open('log.txt').read())",
    ),
    case(
        "deep_and_loud",
        6,
        "import sys\nsys.setrecursionlimit(20000)\ndef deep(n): return n and deep(n - 1)\n"
        "print(deep(9000))\nfor n in range(3000): print(n, '🙂 ünï')",
    ),
    case(
        "tasks_awaited",
        2,
        "import asyncio\nasync def one(): return 1\nprint(await asyncio.gather(one(), one()))\n"
        "background = asyncio.create_task(asyncio.sleep(0.1))",
    ),
    case(
        "tests_of_their_own",
        5,
        last(
            "import doctest, unittest\nclass T(unittest.TestCase):\n"
            "    def test(self): self.assertEqual(1, 1)\nunittest.main(argv=['x'], exit=False)\n"
            "assert accuracy([0], [0]) == 1\nif __name__ == '__main__': print('main')\ndoctest.testmod().failed >= 0"
        ),
    ),
    case(
        "seeds_weakrefs_gc",
        3,
        "import gc, random, weakref\nimport numpy as np\nnp.random.seed(0); random.seed(0)\n"
        "gc.disable(); s = {1}; r = weakref.ref(s); del s; gc.collect(); print(r(), np.random.rand() < 1)",
    ),
    case(
        "names_starred",
        4,
        "from math import *\nfrom numpy.linalg import *\nimport numpy as xp\nlist_ = [1]",
    ),
    case(
        "absent_import",
        2,
        adds(
            "relu", above="try:\n    from numba import njit\nexcept ImportError:\n    njit = None"
        ),
    ),
]
