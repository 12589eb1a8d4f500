"""The errors that a user is meant to read: one line that says what, where and what to do."""

from collections.abc import Iterable
from difflib import get_close_matches


class PlanDriftError(Exception):
    """A failure to be told in one line; ends the command with exit status 1."""

    exit_status = 1


class RequestError(PlanDriftError):
    """A request that can't be met as asked (unknown name, wrong type, value outside its set); exit status 2."""

    exit_status = 2


class MachineError(PlanDriftError):
    """A failure for want of disk, memory, open files or time: it says nothing of what was asked; exit status 1."""


class DataError(PlanDriftError):
    """A file, row or value that isn't what its publication promises; exit status 1."""


def nearest(name: str, choices: Iterable[str]) -> str:
    """Return ``; did you mean 'x'?`` for the closest of ``choices``, or an empty string when none is close."""
    by_folded = {choice.casefold(): choice for choice in choices}
    matches = get_close_matches(str(name).casefold(), by_folded, n=1, cutoff=0.5)
    return f"; did you mean '{by_folded[matches[0]]}'?" if matches else ""


def unknown(kind: str, name: str, choices: Iterable[str], where: str = "") -> RequestError:
    """Build the error for a name that isn't among ``choices``: the name, where it stood, the nearest right one.

    When nothing is close and the choices are few, they are listed.
    """
    choices = sorted(choices)
    hint = nearest(name, choices)
    if not hint and len(choices) <= 12:
        hint = "; choose from " + ", ".join(choices)
    place = f"{where}: " if where else ""
    return RequestError(f"{place}unknown {kind} '{name}'{hint}")


def listed(parts: Iterable[str]) -> str:
    """Return parts as a message lists them: ``a``, ``a and b``, ``a, b and c``."""
    *first, last = [*parts] or [""]
    return f"{', '.join(first)} and {last}" if first else last
