"""The work of grading, shared out among processes. In the order of the work:

assignment    what is to be graded goes out, what comes back is committed and put in place
messages      what travels between the coordinator and its workers, as plain values
pool, cluster the workers: processes on this machine, or on Dask's
starter       the process from which the workers of this machine are forked
selfcheck     whether all this works with the libraries that are here
worker        a process that does one piece of work after the other
grader        one submission, from bytes to rows and files: sanitised, run and scored
"""
