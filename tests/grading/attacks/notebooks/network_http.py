# Asks a service on this machine as a cloud's metadata are asked, by urllib and by bash.
# Success: the listener hears of it.
# %% last
import urllib.request

url = f"http://127.0.0.1:{port()}/latest/meta-data/iam/security-credentials/"
attempt(lambda: urllib.request.urlopen(url, timeout=0.3).read())
# %% last
number = port()
!timeout 1 bash -c "echo here > /dev/tcp/127.0.0.1/{number}"
