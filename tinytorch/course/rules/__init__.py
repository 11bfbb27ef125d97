"""What makes a lesson sound: each rule is a generator of what it finds wrong.

A rule reads only cells that are sound enough for it to judge (metadata complete, markers
paired, Python that parses), so one mistake is one problem and not a cascade.
"""
