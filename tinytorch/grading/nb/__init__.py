"""nbgrader: whatever of its is used, and of nbconvert, nbclient and SQLAlchemy, is used here.

course, settings     a course's folders and its nbgrader_config.py
converters           nbgrader's own commands as functions
gradebook, records   its database, and what it knows of an assignment
scores, writer       what students earned, read and written
kernels              which notebooks need a kernel of nbclient's
steps, passes        its preprocessors without gradebook and kernel, and the way through them
second_run, notes    a mistake costs its own points
thrift               nbconvert and nbformat without what they do for safety's sake alone
pages                feedback
parts                what all this rests on inside nbgrader, nbclient and nbconvert
stubs                a step of generate_assignment that names the exercise
"""
