# ruff: noqa
# What an attacker finds out first. It also keeps the attacks at this grader's own processes:
# theirs, and no others, carry TAG in their environment or work in the harness's folder.
def relative(pid):
    import os

    for read in (
        lambda: os.readlink(f"/proc/{pid}/cwd"),
        lambda: open(f"/proc/{pid}/environ").read(),
    ):
        try:
            if TAG in read():
                return pid > 1
        except (OSError, UnicodeDecodeError):
            pass
    return False


def family():
    """The ids of the grader's processes, without our own."""
    import os

    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return [pid for pid in pids if pid != os.getpid() and relative(pid)]


def chain():
    """The ids of our parent, its parent and so on, up to the coordinator."""
    import os

    found, pid = [], os.getppid()
    while relative(pid):
        found.append(pid)
        try:
            pid = int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])
        except OSError:
            break
    return found


def course():
    """The course's folder, given or found; a folder that isn't there where there is no way."""
    import os

    if "course" in GIVEN:
        return GIVEN["course"]
    places = [os.getcwd(), *os.environ.get("PYTHONPATH", "").split(":"), os.environ.get("PWD", "")]
    for pid in family():
        try:
            places.append(os.readlink(f"/proc/{pid}/cwd"))
        except OSError:
            pass
    for place in places:
        while len(place) > 1:
            for name in ("", "course"):
                if os.path.exists(os.path.join(place, name, "nbgrader_config.py")):
                    return os.path.join(place, name)
            place = os.path.dirname(place)
    return "/nowhere"


def port():
    """The one port on this machine that an attack may try: where the harness listens."""
    import zlib

    return GIVEN.get("port") or 20000 + zlib.crc32(TAG.encode()) % 12000


def attempt(function, *words):
    """Call a function, and go on whatever it raises."""
    try:
        return function(*words)
    except BaseException as error:
        return repr(error)[:200]
