"""Runs of students' code: process.py is the outside, `warm` what stands inside the process."""
