# Sends messages that are none: of unknown types, without fields, with fields of other types.
# Success: the batch stops, or a classmate is not graded.
# %% last
session = get_ipython().kernel.session
stream = getattr(get_ipython().kernel, "iopub_socket", None)
parent = get_ipython().kernel.get_parent()
for kind, content in [
    ("stream", {}), ("stream", {"name": 1, "text": None}), ("stream", {"name": "stdout", "text": []}),
    ("error", {"ename": None}), ("display_data", {"data": 7}), ("execute_result", {}),
    ("display_data", {"data": {"text/plain": {"a": 1}}, "metadata": []}), ("unheard_of", {}),
    ("status", {"execution_state": 7}), ("clear_output", {}), ("update_display_data", {}),
    ("comm_open", {}), ("comm_msg", {"comm_id": 3}), ("input_request", {}), ("execute_reply", {}),
]:  # fmt: skip
    attempt(lambda: session.send(stream, kind, content, parent=parent))
