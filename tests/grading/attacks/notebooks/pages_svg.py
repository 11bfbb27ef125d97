# Shows SVG with a script, an event and a link.
# Success: it runs in the browser of whoever reads the feedback.
# %% last
from IPython.display import SVG, display

display(SVG('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'))
display({"image/svg+xml": '<svg><a href="javascript:alert(1)"><text y="9">x</text></a></svg>'}, raw=True)
