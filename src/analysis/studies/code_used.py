"""What results depend on in code: the modules that a notebook or a module uses, found without running anything."""

import ast
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from analysis.errors import PlanDriftError
from analysis.files.package_files import data_of
from analysis.files.writing import write_bytes
from analysis.paths import Project

_MOST_KEPT = 5_000
"""Sources whose imports are kept; beyond that, only those in use are. The project has some 500."""

Import = tuple[int, str, tuple[str, ...]]
"""An import as a source has it: how many dots lead, the module, and the names taken from it."""


@dataclass
class Uses:
    """The files of code that something uses, with the data beside them, and what it takes from elsewhere."""

    files: set[Path] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    outside: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class _Named:
    """What imports name: modules of the project, each of its file, and modules from elsewhere."""

    modules: frozenset[str] = frozenset()
    outside: frozenset[str] = frozenset()


def code_roots(project_root: Path) -> tuple[Path, ...]:
    """Return the folders that hold the project's packages: this package's own, and ``src`` of the project."""
    own = Path(__file__).resolve().parents[2]
    named = (project_root / "src").resolve()
    return (own,) if named == own or not named.is_dir() else (named, own)


def code_of(project: Project) -> "Code":
    """Return the code that a project's results are made by; what is learnt of its imports is kept with the project."""
    return Code(code_roots(project.root), project.reports / ".state" / "imports.json")


class Code:
    """The code below ``roots`` as it stands when it is first asked about; it is read once, so that a run has its own.

    ``kept`` is a file that remembers the imports of each source by its hash, for parsing takes most of the time.
    """

    def __init__(self, roots: tuple[Path, ...], kept: Path | None = None) -> None:
        self._roots, self._sources = roots, _Sources(kept)
        self._files: dict[str, Path | None] = {}
        self._named: dict[str, _Named] = {}
        self._beside: dict[Path, frozenset[Path]] = {}
        self._listed: dict[str, frozenset[str]] = {}

    def cells_use(self, sources: Iterable[str]) -> Uses:
        """Return what the code cells of a notebook use, directly or through other modules, by their sources."""
        imports: list[Import] = []
        for source in sources:
            lines = [line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))]
            imports += self._sources.imports("\n".join(lines).encode("utf-8", "surrogatepass"))
        return self._uses(imports)

    def module_uses(self, names: Iterable[str]) -> Uses:
        """Return what modules use, themselves included."""
        return self._uses([(0, name, ()) for name in names])

    def keep(self) -> None:
        """Keep what was learnt of imports for the next time."""
        self._sources.keep()

    def _uses(self, imports: Sequence[Import]) -> Uses:
        """Follow imports from module to module; what a module itself names is found once for all that use it."""
        uses, first = Uses(), self._names(imports, "")
        waiting, uses.outside = set(first.modules), set(first.outside)
        while waiting:
            module = waiting.pop()
            uses.modules.add(module)
            path = self._file(module)
            assert path is not None  # only modules that have a file are named
            uses.files |= {path, *self._data_beside(path.parent)}
            named = self._named_by(module, path)
            uses.outside |= named.outside
            waiting |= named.modules - uses.modules
        return uses

    def _named_by(self, module: str, path: Path) -> _Named:
        if module not in self._named:
            package = module if path.name == "__init__.py" else module.rpartition(".")[0]
            self._named[module] = self._names(self._sources.imports(path.read_bytes()), package)
        return self._named[module]

    def _names(self, imports: Iterable[Import], package: str) -> _Named:
        """Return what imports of a module in ``package`` name: packages above a module, and parts that are modules, too."""
        modules: set[str] = set()
        outside: set[str] = set()
        for level, module, taken in imports:
            base = package.split(".")[: len(package.split(".")) - level + 1] if level else []
            name = ".".join([*base, module] if module else base)
            if not name:
                continue
            first = name.split(".")[0]
            if self._file(first) is None:
                if first not in sys.stdlib_module_names:
                    outside.add(name)
                continue
            parents = [".".join(name.split(".")[: i + 1]) for i in range(name.count(".") + 1)]
            modules.update(parents, (f"{name}.{part}" for part in taken))
        return _Named(frozenset(name for name in modules if self._file(name)), frozenset(outside))

    def _file(self, name: str) -> Path | None:
        if name not in self._files:
            self._files[name] = self._found(name)
        return self._files[name]

    def _found(self, name: str) -> Path | None:
        """Return a module's file. Most names are no modules, which the list of their folder's files tells."""
        *folders, last = name.split(".")
        for root in self._roots:
            folder = os.path.join(root, *folders)
            listed = self._list(folder)
            for has, path in ((f"{last}.py", f"{last}.py"), (last, os.path.join(last, "__init__.py"))):
                if has in listed and os.path.isfile(full := os.path.join(folder, path)):
                    return Path(full)
        return None

    def _list(self, folder: str) -> frozenset[str]:
        if folder not in self._listed:
            try:
                self._listed[folder] = frozenset(os.listdir(folder))
            except OSError:
                self._listed[folder] = frozenset()
        return self._listed[folder]

    def _data_beside(self, folder: Path) -> frozenset[Path]:
        if folder not in self._beside:
            self._beside[folder] = frozenset(data_of(folder))
        return self._beside[folder]


class _Sources:
    """The imports of sources, each found once.

    They are kept by the hash of the source in a file that begins with a seal. It is a cache and no more: where the seal
    doesn't hold, for the file is torn, damaged, or of another edition, it is made anew, and nobody need be told.
    """

    def __init__(self, kept: Path | None) -> None:
        self._kept_in, self._kept = kept, _kept_imports(kept) if kept else {}
        self._found: dict[str, tuple[Import, ...]] = {}

    def imports(self, source: bytes) -> tuple[Import, ...]:
        """Return the imports of a source, in UTF-8 unless it says otherwise; none where it is no Python."""
        digest = sha256(source).hexdigest()
        if digest not in self._found:
            kept = self._kept.get(digest)
            self._found[digest] = tuple(_imports(_tree(source))) if kept is None else kept
        return self._found[digest]

    def keep(self) -> None:
        """Write what was found to the file, where that lacks any of it."""
        if self._kept_in is None or self._found.keys() <= self._kept.keys():
            return
        self._kept = {**self._kept, **self._found}
        if len(self._kept) > _MOST_KEPT:
            self._kept = dict(self._found)
        content = json.dumps(self._kept, sort_keys=True).encode()
        with suppress(PlanDriftError):  # what can't be kept is found again
            write_bytes(self._kept_in, _seal(content) + b"\n" + content)


def _kept_imports(file: Path) -> dict[str, tuple[Import, ...]]:
    """Return the imports that a file keeps by hash; none where it isn't whole, or isn't of this edition."""
    try:
        seal, _, content = file.read_bytes().partition(b"\n")
    except OSError:
        return {}
    if seal != _seal(content):
        return {}
    return {
        digest: tuple((level, module, tuple(taken)) for level, module, taken in imports)
        for digest, imports in json.loads(content).items()
    }


def _seal(content: bytes) -> bytes:
    """Return the hash of what is kept and of what found it: another Python, or another edition of this module, may read a
    source otherwise.
    """
    return sha256(sys.version.encode() + Path(__file__).read_bytes() + content).hexdigest().encode()


def _tree(source: bytes) -> ast.Module:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        # Who imports it is told; a null byte is a ValueError before Python 3.12.
        return ast.Module([], [])


def _imports(tree: ast.Module) -> Iterator[Import]:
    """Yield each import of a module."""
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield 0, alias.name, ()
        elif isinstance(node, ast.ImportFrom):
            yield node.level, node.module or "", tuple(alias.name for alias in node.names)


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield every statement, for none but statements import; expressions, most of a tree, are passed by."""
    waiting: list[ast.AST] = [*tree.body]
    while waiting:
        node = waiting.pop()
        yield node
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            waiting += getattr(node, part, ())
