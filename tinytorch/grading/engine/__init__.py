"""The fast grader. In the order of the work:

coordinator   what is to be graded goes out to a pool, what comes back is committed and put in place
parcels       what travels between the coordinator and its workers, as plain values
pool, cluster the workers: processes on this machine, or on Dask's
nursery       the process from which the workers of this machine are forked
worker        one submission, from bytes to rows and files: sanitised, run and scored
steps         nbgrader's own preprocessors, freed from the gradebook and from the kernel
second        a mistake costs its own points: who gets a second run, and what counts of it
thrift        nbconvert and nbformat without what they do for safety's sake alone
run           the worker's side of a run: the one place where a run starts, and where a sandbox goes
warm          a script: the warm process that forks for each run, and what the fork does
gradebook     nbgrader's tables: read once an assignment, written once a submission
pages         feedback, side by side
"""
