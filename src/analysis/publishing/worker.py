"""The process that runs notebooks: imports once, then forks a child for each job; a JSON line each way.

Started as ``python -m analysis.publishing.worker`` by the runner. It imports and never fits: a child of a
process that has used OpenMP hangs. When its standard input closes, it ends its children and itself.
"""

import gc
import importlib
import json
import os
import selectors
import signal
import sys
import traceback
from typing import Any

from ..errors import PlanDriftError

_ALWAYS = (
    "papermill",
    "nbformat",
    "typst",
    "pypandoc",
    "PIL.Image",
    "fontTools.ttLib",
    "analysis.publishing.shell",
)


class _Worker:
    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._children: dict[int, tuple[int, str, bytearray]] = {}
        self._loaded: set[str] = set()
        self._waiting = b""

    def serve(self) -> None:
        self._selector.register(0, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fd != 0:
                    self._read_child(key.fd)
                elif not self._read_requests():
                    self._end_children()
                    return

    def _read_requests(self) -> bool:
        received = os.read(0, 1 << 16)
        self._waiting += received
        *lines, self._waiting = self._waiting.split(b"\n")
        for line in lines:
            self._start(json.loads(line))
        return bool(received)

    def _start(self, request: dict[str, Any]) -> None:
        self._load([*_ALWAYS, *request.get("preload", ())])
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            _be_child(request, writer)
        os.close(writer)
        self._children[reader] = (child, request["id"], bytearray())
        self._selector.register(reader, selectors.EVENT_READ)

    def _load(self, modules: list[str]) -> None:
        """Import what children need, once; a module that can't be imported is the notebook's to report."""
        new = [name for name in modules if name not in self._loaded]
        for name in new:
            self._loaded.add(name)
            try:
                importlib.import_module(name)
            except BaseException:
                continue
        if new:
            gc.collect()
            gc.freeze()

    def _read_child(self, reader: int) -> None:
        child, name, answer = self._children[reader]
        received = os.read(reader, 1 << 16)
        if received:
            answer += received
            return
        self._selector.unregister(reader)
        os.close(reader)
        del self._children[reader]
        _, status = os.waitpid(child, 0)
        if not answer:
            answer += json.dumps({"error": _ending(status)}).encode()
        _write(1, json.dumps({"id": name, "answer": json.loads(answer)}).encode() + b"\n")

    def _end_children(self) -> None:
        for child, _, _ in self._children.values():
            os.kill(child, signal.SIGKILL)


def _ending(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        return f"the process was ended by {signal.Signals(-code).name}; it may have run out of memory"
    return f"the process ended with status {code} and without an answer"


def _write(handle: int, content: bytes) -> None:
    while content:
        content = content[os.write(handle, content) :]


def _be_child(request: dict[str, Any], writer: int) -> None:
    """Do one job and end; never returns."""
    try:
        log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        _write(writer, json.dumps(_answer(request)).encode())
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    module, _, function = request["function"].partition(":")
    try:
        return {"value": getattr(importlib.import_module(module), function)(*request["arguments"])}
    except PlanDriftError as error:
        return {"error": str(error), "traceback": traceback.format_exc()}
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(last.filename)}, line {last.lineno}"
        told = " ".join(str(error).split())
        return {"error": f"{type(error).__name__}: {told} ({where})", "traceback": traceback.format_exc()}


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(_Worker().serve())
