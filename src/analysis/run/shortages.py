"""Failures that are the machine's and not the notebook's: disk, memory, open files, processes."""

import errno
import re

SHORTAGES = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.ENOMEM,
        errno.EMFILE,
        errno.ENFILE,
        errno.EAGAIN,
        errno.EIO,
        errno.EROFS,
    }
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_TOLD = re.compile(r"\bMemoryError\b|\[Errno (\d+)\]")


def tells_of_a_shortage(text: str) -> bool:
    """Tell whether a traceback, as a cell's output holds it, has a shortage among its errors."""
    return any(not match[1] or int(match[1]) in SHORTAGES for match in _TOLD.finditer(_COLOUR.sub("", text)))
