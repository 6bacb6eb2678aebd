"""A process as a new Python would be, for the price of a fork: no interpreter is started and nothing is imported anew.

A server process that has imported what every run needs from outside (pytest, the drivers' packages) and nothing of this
project forks for each run. The fork gets the arguments, the folder, the variables and the module path of a run of
its own, forgets this project's modules, and does what `python -m` does. So a run is as apart from the tests and from
other runs as ever, and takes a third of the time. What is decided before the first line of Python (`-c`, hash seeds)
cannot be had here: `suite.run` starts a Python for those, and for all where coverage measures, which begins with
Python.

Knows: multiprocessing's fork server, `sys`. Kept from knowing: what is run.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import site
import sys
import sysconfig
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from multiprocessing.context import ForkServerProcess

PRELOADED = ["pytest", "asyncio.base_events", "json", "ssl", "logging.config", "pymysql", "aiomysql", "asyncmy"]
PROJECTS_OWN = ("tests", "spec", "fakemysql", "refpool")


def start(module: str, arguments: list[str], cwd: str, environment: Mapping[str, str], out: str) -> ForkServerProcess:
    """Begin `python -m module arguments` with exactly this environment; both its streams go to the file `out`."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)  # of no effect once the server runs
    process = context.Process(target=_become, args=(module, arguments, cwd, dict(environment), out))
    process.start()
    return process


def _become(module: str, arguments: list[str], cwd: str, environment: Mapping[str, str], out: str) -> None:
    """What the fork does: end as the module does, by SystemExit or at its end."""
    with open(out, "wb") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    os.environ.clear()
    os.environ.update(environment)
    sys.dont_write_bytecode = bool(environment.get("PYTHONDONTWRITEBYTECODE"))  # read at the start, so not by itself
    encoding = environment.get("PYTHONIOENCODING", "utf-8")
    for text, errors in ((sys.stdout, "strict"), (sys.stderr, "backslashreplace")):
        text.reconfigure(encoding=encoding, errors=errors, line_buffering=text is sys.stderr)  # type: ignore[union-attr]
    os.chdir(cwd)
    for name in [name for name in sys.modules if name.partition(".")[0] in PROJECTS_OWN]:
        del sys.modules[name]
    sys.path[:] = [cwd, *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep)), *_of_python()]
    sys.argv[:] = [module, *arguments]
    sys.path_importer_cache.clear()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _of_python() -> list[str]:
    """The part of the module path that is Python's own and the environment's."""
    library = sysconfig.get_paths()["stdlib"]
    dynamic = os.path.join(library, "lib-dynload")
    return [library, dynamic, *site.getsitepackages()]
