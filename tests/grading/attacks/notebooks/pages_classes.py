# Uses the page's own classes to lay a text over it, or to hide what follows.
# Success: the page tells of other points than were earned.
# %% first
%%markdown
<div class="navbar navbar-fixed-top">target (Score: 24 / 24)</div>
<div class="modal in show" style="display:block">target (Score: 24 / 24)</div>
<div class="affix sr-only hidden carousel-caption">target</div>
# %% last
from IPython.display import HTML, display

display(HTML("<div class='navbar navbar-fixed-top'>target (Score: 24 / 24)</div>"))
