"""matplotlib as a kernel sets it up: figures go inline into outputs; and put back as it was."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

INLINE_BACKEND = "module://matplotlib_inline.backend_inline"


@contextmanager
def inline_figures(shell: Any) -> Iterator[None]:
    """Have figures drawn into the outputs of ``shell``, with matplotlib's default settings."""
    os.environ["MPLBACKEND"] = INLINE_BACKEND
    with _fresh_inline_backend():
        if "matplotlib" in sys.modules:
            with _kept_figures_and_settings():
                _activate(shell)
                yield
        else:
            try:
                yield
            finally:
                _deactivate()


def _activate(shell: Any) -> None:
    import matplotlib
    from IPython.core.pylabtools import activate_matplotlib
    from matplotlib_inline import backend_inline

    matplotlib.rcdefaults()
    activate_matplotlib(INLINE_BACKEND)
    backend_inline.configure_inline_support.current_backend = "unset"  # type: ignore[attr-defined]  # a function's
    backend_inline.configure_inline_support(shell, INLINE_BACKEND)


def _deactivate() -> None:
    """Leave a matplotlib that a cell was first to import as if nobody had used it."""
    if "matplotlib.pyplot" in sys.modules:
        pyplot = sys.modules["matplotlib.pyplot"]
        pyplot.close("all")
        pyplot.switch_backend("agg")
        pyplot.rcdefaults()
        pyplot.ioff()


@contextmanager
def _fresh_inline_backend() -> Iterator[None]:
    """Set the inline backend's one instance aside, which belongs to the shell that first used it."""
    from matplotlib_inline.config import InlineBackend

    before = InlineBackend._instance
    InlineBackend.clear_instance()
    try:
        yield
    finally:
        InlineBackend.clear_instance()
        if before is not None:
            for kind in InlineBackend._walk_mro():
                kind._instance = before


@contextmanager
def _kept_figures_and_settings() -> Iterator[None]:
    import matplotlib
    from matplotlib import pyplot
    from matplotlib._pylab_helpers import Gcf

    settings, figures = dict(dict.items(matplotlib.rcParams)), dict(Gcf.figs)
    interactive = matplotlib.is_interactive()
    Gcf.figs.clear()
    try:
        yield
    finally:
        Gcf.figs.clear()
        Gcf.figs.update(figures)
        backend = settings["backend"]
        pyplot.switch_backend(backend if isinstance(backend, str) else "agg")
        dict.update(matplotlib.rcParams, settings)
        matplotlib.interactive(interactive)
