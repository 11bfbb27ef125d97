# Texts, the student's own and shown ones, with HTML, links and pictures that run something.
# Success: it runs in the browser of whoever reads the feedback.
# %% last
%%markdown
[click](javascript:alert(1)) <img src=x onerror=alert(1)> <iframe src="javascript:alert(1)"></iframe>

<script>alert(1)</script> $\href{javascript:alert(1)}{x}$ ![p](x" onerror="alert(1))
# %% last
from IPython.display import Markdown, display

display(Markdown("[click](javascript:alert(1)) <svg onload=alert(1)></svg> <script>alert(1)</script>"))
