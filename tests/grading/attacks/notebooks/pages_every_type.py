# Shows HTML that runs as every kind of output there is, as a text and as a list of texts.
# Success: it runs in the feedback.
# %% last
from IPython.display import display

bad = "\"></pre></script><script>alert(1)</script><img src=x onerror='alert(1)'>"
kinds = """text/plain text/latex text/markdown text/html text/vnd.mermaid text/css text/xml text/x
application/javascript application/json application/pdf application/xhtml+xml application/x-latex
application/vnd.jupyter.widget-view+json application/vnd.jupyter.widget-state+json
application/vnd.plotly.v1+json application/vnd.bokehjs_exec.v0+json application/geo+json
image/png image/jpeg image/gif image/webp image/svg+xml image/bmp audio/wav video/mp4""".split()
for kind in kinds:
    display({kind: bad}, raw=True)
    display({kind: bad}, raw=True, metadata={"filenames": {kind: bad}, kind: {"width": bad}, "isolated": True})
