"""What `tinytorch doctor` says of walls: what grading does on this machine, and how to get more."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from tinytorch.errors import UsageError
from tinytorch.grading.run import walls
from tinytorch.grading.run.walls import ANY, AUTO, FULL, LANDLOCK, NONE, OF_LANDLOCK, WANTED

DOES = {
    FULL: "`tinytorch grade` runs students' code behind all of these walls.",
    LANDLOCK: "`tinytorch grade` uses landlock: no code reaches files, processes or the network.",
    NONE: "`tinytorch grade` runs students' code without walls: it may do whatever you may.",
}
REFUSES = (
    "`tinytorch grade` refuses here. Where you trust every submission, it grades without walls: "
    "add --sandbox none."
)
OTHER_LIBRARIES = (
    "`tinytorch grade` refuses here. Install the versions that are tested; or, where you trust "
    "every submission, let nbgrader's own driver grade, with --sandbox none."
)
DRIVER = "`tinytorch grade` has nbgrader's own driver grade, without walls."
AS_ROOT = (
    "Behind them the code is root's: only root may read this Python, or no other user is to be "
    "had. Better grade as an ordinary user, or with a Python that everybody may read."
)
NO_LANDLOCK = (
    "All walls need Landlock: {}, with `landlock` among what /sys/kernel/security/lsm names (the "
    "kernel's parameter `lsm=` sets it). A container may hide it: grade outside of it."
)
NO_BUBBLEWRAP = "For a container around students' code, install bubblewrap."
SWITCHED_OFF = "For a container around students' code, an administrator allows namespaces: {}."
OUTSIDE = (
    "For a container around students' code, grade outside of whatever forbids it. No setting of "
    "the kernel does: a container may that all this runs in, by its seccomp or AppArmor profile, "
    "or the limits of a service."
)
ELSEWHERE = "Or grade on Linux with bubblewrap, in a virtual machine say."
# Settings of the kernel, each with the value by which it forbids namespaces, whether it binds root
# as well, and what allows them.
SETTINGS = (
    ("user/max_user_namespaces", "0", True, "sysctl user.max_user_namespaces=10000"),
    ("kernel/unprivileged_userns_clone", "0", False, "sysctl kernel.unprivileged_userns_clone=1"),
    ("kernel/apparmor_restrict_unprivileged_userns", "1", False,
     "an AppArmor profile for bwrap with `userns,` in it, or "
     "sysctl kernel.apparmor_restrict_unprivileged_userns=0"),
)  # fmt: skip
SYSCTL = Path("/proc/sys")


def advice(wanted: str, faults: dict[str, str], of_libraries: str) -> list[str]:
    """What grading does here, and how to get more walls, in sentences.

    Args:
        wanted: the walls that are asked for, as for `find`.
        faults: why the machine doesn't give the walls of a mode; nothing where it does.
        of_libraries: why our own way doesn't grade, if it doesn't.
    """
    told = [] if wanted == AUTO else [f"The variable TINYTORCH_SANDBOX is set: {wanted}."]
    used, refuses = "", REFUSES
    try:
        used = walls.find(wanted).mode
    except UsageError as error:
        refuses = REFUSES if wanted in WANTED else f"`tinytorch grade` refuses: {error}."
    if of_libraries:
        told.append(DRIVER if wanted in (ANY, NONE) else OTHER_LIBRARIES)
    else:
        told.append(DOES.get(used, refuses))
    if used and walls.root_stays_root(used):
        told.append(AS_ROOT)
    return [*told, *(_for_more(faults) if faults[FULL] else ())]


def _for_more(faults: dict[str, str]) -> Iterator[str]:
    if sys.platform == "linux":
        version, since = OF_LANDLOCK[FULL]
        there = walls.landlock_version() >= version
        if not there:
            yield NO_LANDLOCK.format(since)
        if not shutil.which("bwrap"):
            yield NO_BUBBLEWRAP
        elif there:
            ways = "; ".join(_allowing_namespaces())
            yield SWITCHED_OFF.format(ways) if ways else OUTSIDE
    if all(faults.values()):
        yield ELSEWHERE


def _allowing_namespaces() -> Iterator[str]:
    """What undoes the settings of this kernel that forbid namespaces."""
    for name, forbids, binds_root, allows in SETTINGS:
        file = SYSCTL / name
        bound = binds_root or os.geteuid() != 0
        if bound and file.is_file() and file.read_text().strip() == forbids:
            yield allows
