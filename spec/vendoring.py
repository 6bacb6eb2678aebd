"""Copies of the suite in other projects: made whole, and checked.

A copy holds this folder and, as `_fakemysql`, the fake server, so that it needs nothing but pytest. VENDORED.json in
it lists every file with its SHA-256; what a host adds of its own, adapters and lists of deviations, belongs outside
of it, and an update is the same command once more.

Knows: files. Kept from knowing: what is in them.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import __version__
from .settings import UsageError
from .world import Unavailable
from .worlds import fake

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent
MANIFEST = "VENDORED.json"
FAKE = "_fakemysql"
LEFT_OUT = {"__pycache__", "results", MANIFEST, FAKE}


def copy(target: Path) -> int:
    """Copy the suite and the fake to a folder, or bring a copy there up to date; returns the number of files.

    Raises:
        UsageError: something else is there, or the copy was edited.
    """
    if target.resolve() == FOLDER.resolve():
        raise UsageError(f"{target} is the suite itself: name another folder")
    if not target.name.isidentifier():
        raise UsageError(f"{target.name!r} cannot be the name of a package: name a folder that can be imported")
    if target.exists():
        _clear(target)
    files = dict(_sources())
    for name, source in files.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target / name)
    sums = {name: _sum(target / name) for name in sorted(files)}
    manifest = {"suite": __version__, "files": sums}
    (target / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return len(files)


def check(target: Path) -> list[str]:
    """What is wrong with a copy, a line each: edited, missing, added, older or newer than this suite.

    Raises:
        UsageError: there is no copy.
    """
    manifest = _read_manifest(target)
    found = _changes(target, manifest["files"])
    update = f"python -m {__package__} vendor {target}"
    if manifest["suite"] != __version__:
        found.append(f"the copy is {manifest['suite']}, this suite {__version__}: {update}")
    elif not found and manifest["files"] != {name: _sum(source) for name, source in _sources()}:
        found.append(f"the copy is of another state of {__version__}: {update}")
    return found


def _clear(target: Path) -> None:
    """Take away an older copy; refuse to touch anything else."""
    if target.is_dir() and not any(target.iterdir()):
        return
    files = _read_manifest(target)["files"]
    if changes := _changes(target, files):
        raise UsageError(f"{target} was changed since ({'; '.join(changes)}): undo that, or delete the folder")
    for name in files:
        (target / name).unlink()
    (target / MANIFEST).unlink()


def _read_manifest(target: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UsageError(f"{target} is no copy of the suite: it has no {MANIFEST}") from None
    if not isinstance(manifest, dict) or not {"suite", "files"} <= manifest.keys():
        raise UsageError(f"{target / MANIFEST} is not what `vendor` wrote: delete the folder and copy again")
    return manifest


def _changes(target: Path, sums: dict[str, str]) -> list[str]:
    present = {_name(path, target) for path in _files(target, {"__pycache__", MANIFEST})}
    found = [f"missing: {name}" for name in sums if name not in present]
    found += [f"added: {name}" for name in sorted(present - sums.keys())]
    found += [f"edited: {name}" for name, told in sums.items() if name in present and _sum(target / name) != told]
    return found


def _sources() -> Iterator[tuple[str, Path]]:
    """Every file of a copy: its name within the copy, and where it comes from."""
    for path in _files(FOLDER, LEFT_OUT):
        yield _name(path, FOLDER), path
    try:
        package = Path(fake.find_fake().__path__[0])
    except Unavailable as error:
        raise UsageError(str(error)) from None
    for path in _files(package, {"__pycache__"}):
        yield f"{FAKE}/{_name(path, package)}", path


def _files(folder: Path, left_out: set[str]) -> list[Path]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return [path for path in found if not left_out & set(path.relative_to(folder).parts)]


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
