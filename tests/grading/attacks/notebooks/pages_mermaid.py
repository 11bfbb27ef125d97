# Shows a diagram whose text is HTML that runs.
# Success: it runs in the feedback.
# %% last
from IPython.display import display

bad = "</pre><script>alert(1)</script><img src=x onerror=alert(1)>"
display({"text/vnd.mermaid": bad}, raw=True)
