"""A papermill engine that runs the cells in this very process: no kernel to start, a kernel's outputs.

A cell fails where a kernel would say so, whether or not an error stands among its outputs.

Meant for a process forked for one notebook; what it changes in the process it nevertheless puts back. Not
captured: output that subprocesses or C code write to the terminal itself, and widgets.
"""

import os
from typing import Any

from papermill.engines import Engine

from .seed import DEFAULT_SEED


class InProcessEngine(Engine):  # type: ignore[misc]  # papermill has no types
    """papermill's ``plan-drift`` engine: IPython in the current process, reseeded before the first cell."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, seed: int | None = DEFAULT_SEED, **kwargs: Any
    ) -> None:
        """Run the cells in order, up to the first that fails; its error stands in its outputs."""
        from .shell import notebook_shell

        own = os.getpid()
        with notebook_shell(seed) as run_cell:
            for index, cell in enumerate(nb_man.nb.cells):
                if cell.cell_type != "code" or not cell.source.strip():
                    continue
                nb_man.cell_start(cell, index)
                succeeded = run_cell(cell)
                if os.getpid() != own:  # a copy of the process that the cell has forked and not ended
                    os._exit(0)
                if not succeeded:
                    nb_man.cell_exception(cell, cell_index=index)
                nb_man.cell_complete(cell, cell_index=index)
                if not succeeded:
                    return
