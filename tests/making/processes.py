"""Whether a process of a test is still there."""


def is_running(pid):
    """Tell whether a process runs, by /proc; one that ended and waits to be asked about doesn't."""
    try:
        with open(f"/proc/{pid}/stat") as stream:
            return stream.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
