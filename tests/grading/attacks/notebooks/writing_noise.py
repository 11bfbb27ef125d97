# Writes to every open descriptor: noise, pickles and what looks like a message without a token.
# Success: a result is lost or forged, or somebody chokes on it.
# %% last
import json
import os
import pickle
import struct

message = json.dumps({"type": "execute_reply", "parent": "5", "content": {"status": "ok"}}).encode()
for name in os.listdir("/proc/self/fd"):
    for data in (os.urandom(5000), struct.pack("!i", 50) + pickle.dumps({}), message, b"\n" * 100):
        attempt(os.set_blocking, int(name), False)
        attempt(os.write, int(name), data)
