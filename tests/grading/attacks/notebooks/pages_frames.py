# Shows frames, objects and a base for links.
# Success: another page is shown within the feedback, or its links lead elsewhere.
# %% last
from IPython.display import HTML, IFrame, display

display(IFrame("https://example.org", 300, 200))
display(HTML("<iframe srcdoc='<script>alert(1)</script>'></iframe><embed src=x><object data=x></object>"))
display(HTML("<base href='https://example.org/'><meta http-equiv=refresh content='0;url=//example.org'>"))
