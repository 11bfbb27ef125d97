# Sends messages whose counts, names and ids are HTML that runs.
# Success: it runs in the feedback.
# %% last
kernel = get_ipython().kernel
parent = kernel.get_parent()
bad = "\"'></div></pre><script>alert(1)</script><img src=x onerror=alert(1)>"
for kind, content in [
    ("execute_input", {"code": bad, "execution_count": bad}),
    ("execute_result", {"data": {"text/plain": bad}, "metadata": {bad: bad}, "execution_count": 3}),
    ("stream", {"name": bad, "text": bad}),
    ("error", {"ename": bad, "evalue": bad, "traceback": [bad]}),
    ("display_data", {"data": {bad: bad, "text/plain": bad}, "metadata": {"tags": [bad]}}),
]:
    kernel.session.send(None, kind, content, parent=parent)
# %% exercise=double
raise type("<script>alert(1)</script>", (Exception,), {})("</code><script>alert(1)</script>")
