# Writes formulas that are links to scripts, or lie over the page, where MathJax sets them.
# Success: they run, or cover something.
# %% first
%%markdown
$\href{javascript:alert(1)}{x}$ $$\style{position:fixed;top:0;left:0}{Score: 24}$$
\(\class{navbar-fixed-top}{24}\) \begin{equation}\cssId{toc}{24}\require{action}\end{equation}
