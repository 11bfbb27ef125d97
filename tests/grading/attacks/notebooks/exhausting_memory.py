# Takes memory, at most three gigabytes of which one is written to, for a second.
# Success: a classmate is not graded.
# %% last
import time

kept = []
for number in range(12):
    try:
        kept.append(bytearray(256 << 20))
    except MemoryError:
        break
for block in kept[:4]:
    block[:: 4096] = b"x" * len(block[:: 4096])
time.sleep(1)
del kept
