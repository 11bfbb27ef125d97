# Names another kernel: bash, for which a line of Python is seldom an error of the kernel's.
# Success: tests pass that were never run as Python.
# %% edit
notebook["metadata"]["kernelspec"] = {"name": "bash", "display_name": "Bash", "language": "bash"}
notebook["metadata"]["language_info"] = {"name": "bash"}
# %% last
cat nbgrader_config.py ../../../source/02_target/target.ipynb
