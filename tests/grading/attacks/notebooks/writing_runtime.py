# Makes files in folders that all runs of a container share, to be found by an accomplice.
# Success: they are there in another run.
# %% last
import os

for place in ("/", "/dev", "/run", "/etc", "/usr", "/run/warm", "/grading", "/grading/home", "/var", "/dev/mqueue"):
    print(place, attempt(lambda: os.close(os.open(f"{place}/attack-{TAG}", os.O_CREAT | os.O_RDWR))))
