# Leaves shared memory and a named semaphore, which no folder's removal takes away.
# Success: it is still there after the batch.
# %% last
import os
from multiprocessing import resource_tracker, shared_memory

resource_tracker.register = lambda *words: None
attempt(lambda: shared_memory.SharedMemory(f"attack-{TAG}", create=True, size=1000).close())
