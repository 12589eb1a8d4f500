"""Write environment.yml for conda and Binder from the lock files: the same names and versions, direct ones first."""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PIN = re.compile(r"^(?P<name>[A-Za-z0-9_.-]+)==(?P<version>[^ ;\\]+)(?: *; *(?P<marker>[^\\]+?))? *\\?$")
HEAD = """\
# For conda and Binder: the same versions as requirements.lock and requirements-lab.lock, from which `make lock` writes
# this file. Packages come from pip, as in `make reports`, so that results are the same to the byte.
name: plan-drift
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python=3.11
  - pip
  - pip:
"""


def canonical(name: str) -> str:
    """Return a package's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lock: str) -> dict[str, list[str]]:
    """Return the requirements of a lock file without their hashes, by canonical name; one name may have several."""
    pinned: dict[str, list[str]] = {}
    for match in filter(None, map(PIN.match, lock.splitlines())):
        marker = f" ; {match['marker']}" if match["marker"] else ""
        pinned.setdefault(canonical(match["name"]), []).append(f"{match['name']}=={match['version']}{marker}")
    return pinned


def environment(project: dict, locks: list[str]) -> str:
    """Return the text of environment.yml for a parsed pyproject.toml and the texts of the lock files."""
    locked = {name: lines for lock in locks for name, lines in pins(lock).items()}
    extras = project["project"]["optional-dependencies"]
    direct = [*project["project"]["dependencies"], *extras["lab"]]
    names = [canonical(re.split(r"[<>=!~ ;\[]", requirement)[0]) for requirement in direct]
    lines = ["# named in pyproject.toml"]
    lines += [f'- "{line}"' for name in names for line in locked[name]]
    lines += ["# what those need"]
    lines += [f'- "{line}"' for name in sorted(set(locked) - set(names)) for line in locked[name]]
    lines += ["# the package itself", "- --editable ."]
    return HEAD + "".join(f"      {line}\n" for line in lines)


if __name__ == "__main__":
    text = environment(
        tomllib.loads((ROOT / "pyproject.toml").read_text()), [(ROOT / "requirements-lab.lock").read_text()]
    )
    sys.stdout.write(text)
