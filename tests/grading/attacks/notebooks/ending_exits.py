# Leaves by every door that a kernel has: exit, the kernel's shutdown, the loop's stop, exec.
# Success: a classmate is not graded, or the batch hangs.
# %% last
exit()
# %% last
import asyncio

get_ipython().ask_exit()
get_ipython().kernel.do_shutdown(False)
attempt(asyncio.get_event_loop().stop)
# %% last
import os
import sys

os.execv("/bin/sleep", ["sleep", "3"])
