"""Files that are never half written, and their hashes."""

import errno
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis.errors import PlanDriftError


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def written_aside(target: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``target`` that replaces it on success and vanishes on any failure.

    The file's rights follow the umask; it is on the disk before it takes the name, so that a power cut leaves the old
    file or the new one. Raises PlanDriftError with the target's name where the folder can't be written or the disk is full.
    """
    temporary: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.parent / f".{target.name[:80]}.{secrets.token_hex(6)}{target.suffix}"
        os.close(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        temporary = aside
        yield temporary
        sync(temporary)
        temporary.replace(target)
        sync(target.parent)
    except OSError as error:
        raise _not_written(target, error) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _not_written(target: Path, error: OSError) -> PlanDriftError:
    return PlanDriftError(
        f"{target}: can't be written ({error.strerror or error}); check the disk's space and the folder's rights"
    )


def append_line(target: Path, line: str) -> None:
    """Add a line to a file that is read line by line; it is on the disk on return, and not there at all where it failed.

    A power cut may leave a part of the last line, which whoever reads the file passes by. Raises PlanDriftError with the
    target's name where it can't be written.
    """
    content = f"{line}\n".encode()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("ab", buffering=0) as stream:
            before = stream.seek(0, os.SEEK_END)
            try:
                if stream.write(content) != len(content):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(stream.fileno())
            except OSError:
                stream.truncate(before)
                raise
    except OSError as error:
        raise _not_written(target, error) from error


def sync(path: Path) -> None:
    """Return once a file, or a folder's list of names, is on the disk; raises OSError where it can't be."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_bytes(target: Path, content: bytes) -> None:
    """Write ``content`` to ``target`` aside, then rename."""
    with written_aside(target) as temporary:
        temporary.write_bytes(content)


def write_text(target: Path, content: str) -> None:
    """Write ``content`` as UTF-8 with line feeds to ``target`` aside, then rename."""
    write_bytes(target, content.encode())
