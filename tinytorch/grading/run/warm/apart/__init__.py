"""Tests in a process of their own: student's code runs in S, tests in T, and plain data passes.

channel    frames over a socket, for several threads
known      what both ends have anyway: types, and functions of NumPy and of the standard library
mirror     arrays, lists, dicts, sets and Generators that both ends hold, kept alike
keys       of dicts and sets, which are hashed while nobody can be asked
wire       values as data and back
errors     exceptions, with a traceback to be looked at
student    S: does what T asks for
remote     T: stands for what lives in S
tests      T: finds what a test names, asks S, is called back

S may call what a test hands over, and nothing else. T runs no code that S sends, makes of it only
what it knows, and takes no more of it than its bounds allow.
"""
