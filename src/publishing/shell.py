"""IPython in this process, its displays, results, streams and errors caught as a notebook's outputs."""

import builtins
import io
import os
import random
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ipykernel.jsonutil import encode_images, json_clean
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from nbformat import NotebookNode
from nbformat.v4 import new_output
from traitlets import Any as AnyTrait
from traitlets import Type
from traitlets.config import Config

from .inline import inline_figures
from .limits import MOST_CHARACTERS


class Outputs:
    """The outputs of the cell that is running, in the order in which they were made."""

    def __init__(self) -> None:
        self.entries: list[NotebookNode] = []
        self._room = MOST_CHARACTERS + 1
        self._by_display_id: dict[str, list[NotebookNode]] = {}
        self._clear_at_next = False

    def start_cell(self) -> None:
        """Forget the outputs of the cell before; displays that later cells update are kept in reach."""
        self.entries = []
        self._room = MOST_CHARACTERS + 1
        self._clear_at_next = False

    def clear(self, wait: bool) -> None:
        """Drop what the cell has shown so far, now or when it next shows something."""
        self._clear_at_next = wait
        if not wait:
            self.entries.clear()

    def add(self, entry: NotebookNode, display_id: str | None = None) -> None:
        """Append one output."""
        if self._clear_at_next:
            self.clear(wait=False)
        self.entries.append(entry)
        if display_id:
            self._by_display_id.setdefault(display_id, []).append(entry)

    def update(self, display_id: str, data: Any, metadata: Any) -> None:
        """Replace what a display shows, wherever it stands."""
        for entry in self._by_display_id.get(display_id, ()):
            entry["data"], entry["metadata"] = data, metadata

    def write(self, name: str, text: str) -> None:
        """Append printed text, joined to the text before it on the same stream.

        What exceeds a cell's limit by more than a character is dropped at once: a loop may print without end.
        """
        text = text[: self._room]
        self._room -= len(text)
        last = self.entries[-1] if self.entries and not self._clear_at_next else None
        if last is not None and last.output_type == "stream" and last.name == name:
            last.text += text
        elif text:
            self.add(new_output("stream", name=name, text=text))


class _Stream(io.TextIOBase):
    """A standard stream whose text becomes outputs."""

    encoding = "utf-8"

    def __init__(self, outputs: Outputs, name: str) -> None:
        self._outputs, self._name = outputs, name

    def write(self, text: str) -> int:
        self._outputs.write(self._name, text)
        return len(text)

    def writable(self) -> bool:
        return True


class _Publisher(DisplayPublisher):
    outputs = AnyTrait()

    def publish(
        self,
        data: Mapping[str, Any],
        metadata: Mapping[str, Any] | None = None,
        source: object = None,
        *,
        transient: Mapping[str, Any] | None = None,
        update: bool = False,
        **kwargs: Any,
    ) -> None:
        self._validate_data(data, metadata)  # type: ignore[no-untyped-call]  # IPython's
        data, metadata = json_clean(encode_images(data)), json_clean(metadata or {})
        display_id = (transient or {}).get("display_id")
        if update:
            self.outputs.update(display_id, data, metadata)
        else:
            self.outputs.add(new_output("display_data", data=data, metadata=metadata), display_id)

    def clear_output(self, wait: bool = False) -> None:
        self.outputs.clear(wait)


class _ResultHook(DisplayHook):
    outputs = AnyTrait()

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(
        self, format_dict: Mapping[str, Any], md_dict: Mapping[str, Any] | None = None
    ) -> None:
        if not format_dict:
            return
        data, metadata = json_clean(encode_images(format_dict)), json_clean(md_dict or {})
        count = self.prompt_count
        self.outputs.add(new_output("execute_result", data=data, metadata=metadata, execution_count=count))

    def finish_displayhook(self) -> None:
        self._is_active = False


class _Shell(InteractiveShell):
    displayhook_class = Type(_ResultHook)
    display_pub_class = Type(_Publisher)
    outputs = AnyTrait()
    # What the two classes above make of themselves.
    displayhook: _ResultHook
    display_pub: _Publisher

    def init_hooks(self) -> None:
        super().init_hooks()  # type: ignore[no-untyped-call]  # IPython's
        self.show_rewritten_input = False

    def _showtraceback(self, etype: type[BaseException], evalue: BaseException, stb: list[str]) -> None:
        error = new_output("error", ename=etype.__name__, evalue=str(evalue), traceback=list(stb))
        self.outputs.add(error)


def _make_shell(outputs: Outputs) -> InteractiveShell:
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.autoindent = False
    shell = _Shell.instance(config=config)
    shell.outputs = outputs
    shell.display_pub.outputs = outputs
    shell.displayhook.outputs = outputs
    return shell


def make_ready() -> None:
    """Do once what the first cell of every notebook needs, before a process is copied for each: import, read and look up."""

    from nbformat.v4 import new_code_cell
    from nbformat.validator import get_validator

    get_validator(4, 5)
    with notebook_shell(None) as run_cell:
        run_cell(new_code_cell("None"))


def _seed_all(seed: int | None) -> None:
    if seed is None:
        return
    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed)


@contextmanager
def notebook_shell(seed: int | None) -> Iterator[Callable[[NotebookNode], bool]]:
    """Yield a function that runs one cell, fills its outputs and tells whether it succeeded.

    Everything global that running notebooks changes is put back on leaving.
    """
    outputs = Outputs()
    with _kept_process_state(), _no_other_shell():
        shell = _make_shell(outputs)
        _seed_all(seed)

        def run_cell(cell: NotebookNode) -> bool:
            outputs.start_cell()
            with _streams_to(outputs):
                result = shell.run_cell(cell.source, store_history=True, silent=False)
            cell.execution_count = result.execution_count
            cell.outputs = list(outputs.entries)
            return result.success or "raises-exception" in cell.metadata.get("tags", [])

        with inline_figures(shell):
            yield run_cell
        shell.restore_sys_module_state()


@contextmanager
def _streams_to(outputs: Outputs) -> Iterator[None]:
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Stream(outputs, "stdout"), _Stream(outputs, "stderr")
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


@contextmanager
def _no_other_shell() -> Iterator[None]:
    """Stand aside the shell of a notebook that this runs in, for there can be only one."""
    before = InteractiveShell._instance
    if before is not None:
        type(before).clear_instance()
    try:
        yield
    finally:
        _Shell.clear_instance()
        if before is not None:
            for kind in type(before)._walk_mro():
                kind._instance = before


@contextmanager
def _kept_process_state() -> Iterator[None]:
    folder, path, environment = os.getcwd(), list(sys.path), dict(os.environ)
    main, hooks = sys.modules["__main__"], (sys.displayhook, sys.excepthook)
    names = {
        name: getattr(builtins, name) for name in ("display", "get_ipython", "_") if hasattr(builtins, name)
    }
    randomness = random.getstate(), _numpy_state()
    with warnings.catch_warnings():
        try:
            yield
        finally:
            os.chdir(folder)
            sys.path[:] = path
            os.environ.clear()
            os.environ.update(environment)
            sys.modules["__main__"] = main
            sys.displayhook, sys.excepthook = hooks
            _put_back_builtins(names)
            random.setstate(randomness[0])
            if randomness[1] is not None:
                sys.modules["numpy"].random.set_state(randomness[1])


def _numpy_state() -> Any:
    return sys.modules["numpy"].random.get_state() if "numpy" in sys.modules else None


def _put_back_builtins(names: dict[str, Any]) -> None:
    for name in ("display", "get_ipython", "_"):
        if name in names:
            setattr(builtins, name, names[name])
        elif hasattr(builtins, name):
            delattr(builtins, name)
