"""Set the course up and open it: `python course.py setup`, then `python course.py open`.

Anything else goes to the command `tinytorch` of the environment that setup makes, so that
`python course.py check 01` does the same as `tinytorch check 01` there.
"""

import os
import shutil
import subprocess
import sys
import venv
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
PLACE = HERE / ".venv"
BIN = PLACE / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")


def setup(here: bool) -> int:
    """Install the course: into an environment of its own, or `here`, into this Python (Colab).

    With uv where it is installed, which is quicker, else with pip.
    """
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is run by whatever Python there is
        print(f"This course needs Python 3.11 or newer, and this is {sys.version.split()[0]}.")
        return 1
    wheel = max((HERE / "packages").glob("*.whl"))
    uv = None if here else shutil.which("uv")
    python = sys.executable if here else str(PYTHON)
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        if uv:
            install = [uv, "pip", "install", "--quiet", "--python", python]
        if uv and not PYTHON.exists():
            subprocess.run([uv, "venv", "--quiet", str(PLACE)], check=True)
        elif not here and not PYTHON.exists():
            venv.create(PLACE, with_pip=True)
        print("Installing JupyterLab and what the lessons use: a minute or two ...", flush=True)
        versions = [] if here else ["-c", str(HERE / "packages" / "constraints.txt")]
        subprocess.run([*install, *versions, f"{wheel}[course,examples]"], check=True)
        # The course itself once more: a newer kit may bring another wheel of the same version.
        again = "--reinstall" if uv else "--force-reinstall"
        subprocess.run([*install, again, "--no-deps", str(wheel)], check=True)
    except (subprocess.CalledProcessError, OSError) as error:
        print(f"Setup did not finish: {error}")
        print("See above why; run it again when that is mended. Nothing of yours was changed.")
        return 1
    print("Ready." if here else f"Ready. Next: {command()} open")
    return 0


def command(path: str = sys.argv[0]) -> str:
    """What one types to get here: `python course.py`."""
    name = "py" if os.name == "nt" else "python" if shutil.which("python") else "python3"
    return f"{name} {path}"


def main(words: list) -> int:
    if words[:1] == ["setup"] and words[1:] in ([], ["--here"]):
        return setup(bool(words[1:]))
    found = PYTHON if PYTHON.exists() else Path(sys.executable)
    if found != PYTHON and find_spec("tinytorch") is None:
        if words[:1] in (["--help"], ["-h"], []):
            print(__doc__)
        print(f"The course is not set up here yet. First: {command()} setup")
        return 1
    environment = {**os.environ, "TINYTORCH_COMMAND": command(), "TINYTORCH_WORKSPACE": str(HERE)}
    python = [str(found), "-P"]  # no file of this folder's takes the place of a module
    if words[:1] == ["open"]:
        run = [*python, "-m", "jupyterlab", "--notebook-dir", str(HERE), *words[1:]]
        run += ["--LabApp.default_url=/lab/tree/lessons"]
        environment["TINYTORCH_COMMAND"] = command("course.py")  # as typed in the course's folder
    else:
        run = [*python, "-m", "tinytorch", *(words or ["status"])]
    return subprocess.run(run, env=environment).returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:  # the program that was stopped has said what there is to say
        sys.exit(130)
