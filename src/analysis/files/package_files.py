"""The files that a package of this project is made of: modules, and whatever data stand beside them."""

from collections.abc import Iterator
from pathlib import Path

_NOT_DATA = (".pyc", "~")


def is_data(path: Path) -> bool:
    """Return whether a file in a package's folder is data that its modules may read, and nothing that an editor left."""
    return (
        path.suffix != ".py"
        and not path.name.startswith(".")
        and not path.name.endswith(_NOT_DATA)
        and path.is_file()
    )


def data_of(folder: Path) -> Iterator[Path]:
    """Yield the data of the package in ``folder``, with those in folders below it that hold no modules."""
    for path in folder.iterdir():
        if path.is_dir():
            is_kept = not path.name.startswith((".", "__")) and path.suffix != ".egg-info"
            if is_kept and not any(path.glob("*.py")):
                yield from data_of(path)
        elif is_data(path):
            yield path


def files_of(folder: Path) -> Iterator[Path]:
    """Yield the modules in a folder and below it, and their data."""
    for path in folder.rglob("*"):
        if "__pycache__" not in path.parts and (is_data(path) or (path.suffix == ".py" and path.is_file())):
            yield path
