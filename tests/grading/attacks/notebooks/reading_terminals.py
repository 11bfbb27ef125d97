# Looks for terminals of other runs, writes to them and reads what is typed there.
# Success: a classmate's outputs change.
# Not in stock: it writes to whatever terminals the machine has.
# %% last
import os
import time

end = time.monotonic() + 3
while time.monotonic() < end:
    for name in os.listdir("/dev/pts") if os.path.isdir("/dev/pts") else ():
        attempt(lambda: os.write(os.open(f"/dev/pts/{name}", os.O_RDWR | os.O_NOCTTY), b"forged\n"))
    time.sleep(0.01)
