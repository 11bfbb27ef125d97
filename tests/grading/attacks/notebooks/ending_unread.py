# Takes no more cells, while the grader has a large one to send.
# Success: the batch hangs.
# %% last
import asyncio
import time

asyncio.get_running_loop().call_later(0.01, lambda: time.sleep(60))
# %% edit
notebook["cells"].append(deepcopy(notebook["cells"][0]))
notebook["cells"][-1].update(id="large", source="pass  # " + "x" * 3_000_000)
