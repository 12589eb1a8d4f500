"""Independent pieces of work, done by this process, several or a cluster as a profile says (joblib)."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import pairwise
from typing import Any, TypeVar

from analysis.errors import RequestError

from .profiles import SCHEDULER_VARIABLE, Profile, profile

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_PIECES_A_WORKER = 2
_SECONDS_TO_CONNECT = 10
_chosen: ContextVar[Profile | None] = ContextVar("profile", default=None)


@contextmanager
def using(name: str | Profile) -> Iterator[Profile]:
    """Do the work of the block under a profile, by name or of one's own, whatever the environment says."""
    chosen = profile(name) if isinstance(name, str) else name
    token = _chosen.set(chosen)
    try:
        yield chosen
    finally:
        _chosen.reset(token)


def mapped(function: Callable[[Sequence[_Item]], list[_Result]], items: Sequence[_Item]) -> list[_Result]:
    """Return the results of ``function`` on runs of ``items``, in their order.

    ``function`` takes several items at once, so that what it carries is sent once for many; its result mustn't depend
    on how items are grouped. Raises RequestError where the profile can't be had.
    """
    import joblib

    with _configured(_chosen.get() or profile()):
        runs = _runs(items, joblib.effective_n_jobs() * _PIECES_A_WORKER)
        by_run = joblib.Parallel()(joblib.delayed(function)(run) for run in runs)
    return [result for results in by_run for result in results]


def _runs(items: Sequence[_Item], wanted: int) -> list[Sequence[_Item]]:
    """Cut ``items`` into so many runs of nearly equal length, fewer where there are fewer items."""
    n = max(1, min(wanted, len(items)))
    ends = [round(len(items) * at / n) for at in range(n + 1)]
    return [items[start:end] for start, end in pairwise(ends)]


@contextmanager
def _configured(chosen: Profile) -> Iterator[None]:
    import joblib

    if chosen.backend != "dask":
        with joblib.parallel_config(chosen.backend, n_jobs=chosen.jobs):
            yield
        return
    assert chosen.scheduler  # a profile of this kind has one, or is refused
    try:
        client = connected(chosen.scheduler)
    except RequestError as error:
        raise RequestError(f"profile '{chosen.name}': {error}") from error
    with client, joblib.parallel_config("dask", n_jobs=chosen.jobs, client=client):
        yield


def connected(scheduler: str) -> Any:
    """Return a client of the Dask scheduler at an address; raises RequestError where there is none, or no Dask."""
    try:
        from distributed import Client
    except ImportError:
        raise RequestError(
            "a cluster needs the package distributed; install it with the extra 'cluster'"
        ) from None
    try:
        return Client(scheduler, timeout=_SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise RequestError(
            f"no scheduler at {scheduler} ({' '.join(str(error).split())}); "
            f"start one, or set {SCHEDULER_VARIABLE} to its address"
        ) from error
