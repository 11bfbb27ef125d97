# Says that the cell was the <script>th to be run.
# Success: it runs in the feedback, or there is no page.
# %% last
kernel = get_ipython().kernel
bad = "</div><script>alert(1)</script>"
kernel.session.send(None, "execute_input", {"code": "", "execution_count": bad}, parent=kernel.get_parent())
kernel.session.send(None, "execute_result", {"data": {}, "metadata": {}, "execution_count": bad}, parent=kernel.get_parent())
