# A test fails with words that are markup, which stand in a list of what failed as well.
# Success: it runs in the browser of whoever reads the feedback.
# %% exercise=double
def double(x):
    raise type("<img src=x onerror=alert(1)>", (Exception,), {})("</code></li><script>alert(1)</script>")
# %% exercise=positive
def positive(x):
    raise RuntimeError("`<b onclick=alert(1)>` $x$ [a](javascript:alert(1))")
