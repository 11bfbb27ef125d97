# Writes what Python, IPython, Jupyter and shells read when they start, into the home folder.
# Success: it is left there, or already runs for a classmate.
# %% last
import os

home = GIVEN.get("home") or os.path.expanduser("~")
code = "try:\n    get_ipython().user_ns['double'] = None\nexcept Exception:\n    pass\nprint('startup')\n"
kernel = '{"argv": ["false", "{connection_file}"], "display_name": "Python 3", "language": "python"}'
files = {
    ".ipython/profile_default/startup/00.py": code,
    ".ipython/profile_default/ipython_kernel_config.py": "c.InteractiveShellApp.exec_lines = ['1/0']",
    ".jupyter/jupyter_config.py": "c.Execute.timeout = 0",
    ".jupyter/nbgrader_config.py": "c.Execute.enabled = False",
    ".local/share/jupyter/kernels/python3/kernel.json": kernel,
    ".local/lib/python3.11/site-packages/usercustomize.py": "print('user')",
    ".profile": "echo profile",
}
for name, text in files.items() if TAG in home else ():
    path = os.path.join(home, name)
    attempt(os.makedirs, os.path.dirname(path))
    attempt(lambda: open(path, "w").write(text))
