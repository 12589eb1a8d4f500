"""What a notebook's outputs depend on in code: the modules that it uses, found without running anything."""

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from .parameters import read_cells

_DATA_SUFFIXES = {".md", ".yml", ".yaml", ".csv", ".json", ".typ", ".lua", ".css", ".txt", ".toml"}


@dataclass
class Uses:
    """The files of code that something uses, with the data beside them, and what it takes from elsewhere."""

    files: set[Path] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    outside: set[str] = field(default_factory=set)


def code_roots(project_root: Path) -> tuple[Path, ...]:
    """Return the folders that hold the project's packages: this package's own, and ``src`` of the project."""
    own = Path(__file__).resolve().parents[2]
    named = (project_root / "src").resolve()
    return (own,) if named == own or not named.is_dir() else (named, own)


def notebook_uses(notebook: Path, roots: tuple[Path, ...]) -> Uses:
    """Return what the code cells of a notebook use, directly or through other modules."""
    uses = Uses()
    for cell in read_cells(notebook):
        if cell.get("cell_type") == "code":
            lines = [line for line in cell["source"].splitlines() if not line.lstrip().startswith(("%", "!"))]
            _follow(_imports(_tree("\n".join(lines)), ""), roots, uses)
    return uses


def module_uses(names: Iterable[str], roots: tuple[Path, ...]) -> Uses:
    """Return what modules use, themselves included."""
    uses = Uses()
    _follow([(name, ()) for name in names], roots, uses)
    return uses


def code_in(folder: Path) -> set[Path]:
    """Return the modules in a folder and below it, with the data beside them."""
    return {path for path in folder.rglob("*") if path.suffix in {".py", *_DATA_SUFFIXES} and path.is_file()}


def _tree(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.Module([], [])


@cache
def _module_imports(path: Path, name: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    return tuple(_imports(_tree(path.read_text(encoding="utf-8")), package))


def _imports(tree: ast.Module, package: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return each import as the module and the names taken from it."""
    imported: list[tuple[str, tuple[str, ...]]] = []
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            imported += [(alias.name, ()) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*base, node.module] if node.module else base)
            imported.append((module, tuple(alias.name for alias in node.names)))
    return imported


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield every statement, for none but statements import; expressions, most of a tree, are passed by."""
    waiting: list[ast.AST] = [*tree.body]
    while waiting:
        node = waiting.pop()
        yield node
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            waiting += getattr(node, part, ())


@cache
def _module_file(name: str, roots: tuple[Path, ...]) -> Path | None:
    for root in roots:
        stem = root.joinpath(*name.split("."))
        for path in (stem.with_name(f"{stem.name}.py"), stem / "__init__.py"):
            if path.is_file():
                return path
    return None


@cache
def _data_beside(folder: Path) -> frozenset[Path]:
    return frozenset(path for path in folder.iterdir() if path.suffix in _DATA_SUFFIXES and path.is_file())


def _follow(imports: Iterable[tuple[str, tuple[str, ...]]], roots: tuple[Path, ...], uses: Uses) -> None:
    waiting = list(imports)
    while waiting:
        name, taken = waiting.pop()
        if not name:
            continue
        if _module_file(name.split(".")[0], roots) is None:
            if name.split(".")[0] not in sys.stdlib_module_names:
                uses.outside.add(name)
            continue
        parents = [".".join(name.split(".")[: i + 1]) for i in range(name.count(".") + 1)]
        submodules = [f"{name}.{part}" for part in taken]
        for module in [*parents, *submodules]:
            path = _module_file(module, roots)
            if path and module not in uses.modules:
                uses.modules.add(module)
                uses.files |= {path, *_data_beside(path.parent)}
                waiting += _module_imports(path, module)


def forget() -> None:
    """Read the code afresh at the next question; it may have changed since the last."""
    for remembered in (_module_imports, _module_file, _data_beside):
        remembered.cache_clear()
