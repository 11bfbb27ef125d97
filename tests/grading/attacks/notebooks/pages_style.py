# Shows styles and elements that hide the grades and put others over them.
# Success: the page tells of other points than were earned.
# %% last
from IPython.display import HTML, display

display(HTML("<style>.panel-heading, #toc { display: none }</style>"))
display(HTML("<div style='position: fixed; top: 0; left: 0; background: white'>target (Score: 24 / 24)</div>"))
display(HTML("<link rel=stylesheet href='https://example.org/x.css'>"))
