# Sends small messages without a pause, and never says that the cell is over.
# Success: the cell goes on long after its time, and the batch hangs.
# %% last
import time

session, parent = get_ipython().kernel.session, get_ipython().kernel.get_parent()
end = time.monotonic() + 60
while time.monotonic() < end:
    try:
        session.send(None, "stream", {"name": "stdout", "text": "x"}, parent=parent)
    except KeyboardInterrupt:
        pass
