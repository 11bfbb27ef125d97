# A file ipykernel_launcher.py beside the notebook, and the word ipywidgets in a cell, with which a
# real kernel is started in the notebook's folder.
# Success: the file runs in the kernel's place: errors are swallowed, and what it sees is shown.
# %% last
# ipywidgets
import os

print(os.environ.get("SEEN_BY_LAUNCHER"))
# %% edit
files["ipykernel_launcher.py"] = b"""
import os, sys
sys.path[:] = [p for p in sys.path if p not in ("", os.getcwd())]
from ipykernel import kernelapp, zmqshell
shell = zmqshell.ZMQInteractiveShell
shell._showtraceback = lambda *words: None
plain = shell.run_code
async def run_code(self, code, result=None, *, async_=False):
    await plain(self, code, result, async_=async_)
    if result is not None:
        result.error_in_exec = None
    return False
shell.run_code = run_code
os.environ["SEEN_BY_LAUNCHER"] = " ".join(sys.argv) + os.environ.get("CLASSROOM_TOKEN", "")
kernelapp.launch_new_instance()
"""
