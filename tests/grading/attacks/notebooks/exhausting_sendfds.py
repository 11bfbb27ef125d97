# Sends descriptors along with noise, by the hundreds, and closes its end early.
# Success: the grader runs out of descriptors, or a classmate is not graded.
# %% last
import os
import socket

results = get_ipython().kernel.session.results
for _ in range(400):
    attempt(lambda: socket.send_fds(results, [b"noise"], [0] * 200))
attempt(results.shutdown, socket.SHUT_WR)
