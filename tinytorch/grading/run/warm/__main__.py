"""Starts the package under a name of its own, by `python FOLDER WALLS SOCKET`."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

NAME = "_warm_runs"  # no name that a student's module could have
folder = Path(__file__).parent
spec = spec_from_file_location(
    NAME, folder / "__init__.py", submodule_search_locations=[str(folder)]
)
sys.modules[NAME] = module_from_spec(spec)
if sys.path[0] == str(folder):
    del sys.path[0]

from _warm_runs.main import main  # noqa: E402 - it can be found from here on

main()
