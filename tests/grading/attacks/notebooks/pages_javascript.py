# Shows JavaScript itself.
# Success: it runs in the browser of whoever reads the feedback.
# %% last
from IPython.display import Javascript, display

display(Javascript("document.title = 'here'"))
display({"application/vnd.custom+javascript": "alert(1)", "text/javascript": "alert(1)"}, raw=True)
