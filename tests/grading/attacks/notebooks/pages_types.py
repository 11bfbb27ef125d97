# Shows lists, numbers and nothing where a page expects a text.
# Success: there is no page.
# %% last
from IPython.display import display

for value in ([["a"], 7], {"a": 1}, None, 7, True):
    for kind in ("text/html", "text/markdown", "text/latex", "image/svg+xml", "image/png", "text/vnd.mermaid", "application/javascript", "application/json"):
        attempt(lambda: display({kind: value}, raw=True))
