# Plain text, errors and streams that end the element they stand in.
# Success: what follows is markup.
# %% last
end = "</pre></div></td></script></style></textarea><script>alert(1)</script><img src=x onerror=alert(1)>"
print(end)
# %% last
import sys

print("\x1b[31m" + end + "\x1b[0m", file=sys.stderr)
print('\x1b]8;;javascript:alert(1)\x07x\x1b]8;;\x07 \x1b[38;2;"onmouseover=alert(1)m x')
# %% last
kind = type(end, (Exception,), {})
raise kind(end)
# %% last
from IPython.display import display

display({"text/latex": "$x$" + end, "text/plain": end}, raw=True)
