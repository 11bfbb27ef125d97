# The written answer is markup: it stands on the page, where the grader's own parts stand.
# Success: it runs in the browser of whoever reads the feedback, or looks like a grade.
# %% exercise=why
<script>alert(1)</script></div></div><div class="panel-heading">Score: 24 / 24</div>
<textarea><img src=x onerror=alert(1)></textarea><div style="position:absolute;top:0">Full points</div>
