# Floods the grader with messages: displays, updates of displays, cleared outputs, comms.
# Success: the batch hangs, or a classmate is not graded.
# %% last
import time

from IPython.display import clear_output, display

end = time.monotonic() + 2
session, kernel = get_ipython().kernel.session, get_ipython().kernel
number = 0
while time.monotonic() < end and number < 20_000:
    number += 1
    display({"text/plain": "x" * 1000}, raw=True, display_id=f"d{number % 50}")
    display({"text/plain": "y"}, raw=True, display_id=f"d{number % 50}", update=True)
    clear_output(wait=number % 2 == 0)
    content = {"comm_id": str(number), "target_name": "jupyter.widget", "data": {"state": {}}}
    attempt(session.send, getattr(kernel, "iopub_socket", None), "comm_open", content)
