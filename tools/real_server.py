"""Start a throw-away MariaDB or MySQL, run one command against it, and take everything away again.

    python tools/real_server.py run mariadb -- pytest spec tests/real
    python tools/real_server.py run mysql -- pytest spec tests/real

The command sees the server in ``SPEC_MYSQL_URL``; its exit status is this script's. The server has its own data
folder, port and socket under a temporary folder and listens on 127.0.0.1 alone, so it meets no other server of the
machine. The account it offers, ``spec`` with an empty password, may do everything: the data is gone a moment later.

Where the servers come from, on Debian and its kin:

- MariaDB: the package ``mariadb-server``, installed with apt-get when it is missing and we are root.
- MySQL: Debian keeps ``mysql-server-core`` in sid alone, so the package is unpacked by mmdebstrap into ``.real/mysql``
  beside the project, never installed, and mysqld runs from there in a chroot. That needs root.

Knows: processes, folders, package names. Kept from knowing: everything about the project; it is plain standard library,
so that it runs before anything is installed. Exit status 75 (EX_TEMPFAIL) means "this server cannot be had here",
said in one line, so that a caller can tell it from a failing command.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CANNOT_BE_HAD = 75
STARTUP_SECONDS = 90.0
PROJECT = Path(__file__).resolve().parent.parent
MYSQL_ROOT = PROJECT / ".real" / "mysql"

ACCOUNT_SQL = (
    "CREATE DATABASE IF NOT EXISTS spec",
    "CREATE USER IF NOT EXISTS 'spec'@'%' IDENTIFIED BY ''",
    "GRANT ALL PRIVILEGES ON *.* TO 'spec'@'%' WITH GRANT OPTION",
)


class CannotBeHad(Exception):
    """This kind of server cannot be had on this machine; the text says why and what would help."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now; the race until the server binds it is accepted."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def call(command: Sequence[str | Path], why: str) -> None:
    """Run a preparing command quietly; its last lines become the error when it fails."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-3:])
        raise CannotBeHad(f"{why} failed with status {done.returncode}: {tail}")


def apt_install(package: str) -> None:
    """Install a Debian package, or say that it must be installed by hand."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise CannotBeHad(f"{package} is not installed; install it, or run this as root on Debian")
    call(["apt-get", "-qq", "update"], "apt-get update")
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    call([*environment, "apt-get", "-qq", "install", "-y", "--no-install-recommends", package], f"installing {package}")


def find_mariadbd() -> Path:
    """The MariaDB server program; /usr/sbin is often not on PATH."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    if shutil.which("mariadbd", path=path) is None:
        apt_install("mariadb-server")
    found = shutil.which("mariadbd", path=path)
    if found is None:
        raise CannotBeHad("mariadb-server is installed, but has no mariadbd")
    return Path(found)


def mirror() -> str:
    """The Debian mirror that this machine's own apt uses."""
    places = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    for place in places:
        if not place.is_file():
            continue
        for line in place.read_text(errors="replace").splitlines():
            words = line.replace("URIs:", "").split()
            for word in words:
                if re.match(r"https?://\S+/debian/?$", word) and not line.lstrip().startswith("#"):
                    return word
    raise CannotBeHad("no Debian mirror in this machine's apt settings, and mysql-server-core is in Debian sid alone")


def mysql_root() -> Path:
    """A folder that holds Debian sid's mysql-server-core, unpacked once and kept."""
    if os.geteuid() != 0:
        raise CannotBeHad("MySQL runs from an unpacked Debian sid in a chroot, which needs root")
    if (MYSQL_ROOT / "usr/sbin/mysqld").exists():
        return MYSQL_ROOT
    source = mirror()
    if shutil.which("mmdebstrap") is None:
        apt_install("mmdebstrap")
    fresh = MYSQL_ROOT.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.parent.mkdir(exist_ok=True)
    unpack: list[str | Path] = ["mmdebstrap", "--quiet", "--variant=extract", "--include=mysql-server-core"]
    # An archived mirror is signed with a date that has passed; its signature is still checked.
    call([*unpack, '--aptopt=Acquire::Check-Valid-Until "false"', "sid", fresh, source], "unpacking mysql-server-core")
    for name in ("bin", "sbin", "lib", "lib64"):  # base-files would make these links, had it been configured
        if (fresh / "usr" / name).exists() and not (fresh / name).exists():
            (fresh / name).symlink_to(f"usr/{name}")
    (fresh / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    fresh.rename(MYSQL_ROOT)
    return MYSQL_ROOT


def mariadb_command(folder: Path, port: int) -> list[str]:
    """Prepare a data folder for MariaDB; the command that serves it."""
    server = find_mariadbd()
    data = folder / "data"
    install = shutil.which("mariadb-install-db") or "/usr/bin/mariadb-install-db"
    call(
        [
            install,
            "--no-defaults",
            f"--datadir={data}",
            "--user=root",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ],
        "mariadb-install-db",
    )
    (folder / "init.sql").write_text(";\n".join(ACCOUNT_SQL) + ";\n")
    return [
        *[
            str(server),
            "--no-defaults",
            "--user=root",
            f"--datadir={data}",
            f"--port={port}",
            "--bind-address=127.0.0.1",
        ],
        *[f"--socket={folder}/server.sock", f"--pid-file={folder}/server.pid", f"--init-file={folder}/init.sql"],
        *["--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", "--max-connections=2000"],
    ]


def mysql_command(folder: Path, port: int) -> list[str]:
    """Prepare a data folder for MySQL inside its chroot; the command that serves it."""
    root = mysql_root()
    inside = Path("/throwaway") / folder.name
    outside = root / inside.relative_to("/")
    outside.mkdir(parents=True)
    (root / "tmp").mkdir(exist_ok=True)
    (outside / "init.sql").write_text(";\n".join(ACCOUNT_SQL) + ";\n")
    base = ["chroot", str(root), "/usr/sbin/mysqld", "--no-defaults", "--user=root", f"--datadir={inside}/data"]
    call([*base, "--initialize-insecure"], "mysqld --initialize-insecure")
    return [
        *[*base, f"--port={port}", "--bind-address=127.0.0.1", "--mysqlx=0", "--secure-file-priv="],
        *[f"--socket={inside}/server.sock", f"--pid-file={inside}/server.pid", f"--init-file={inside}/init.sql"],
        *["--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", "--max-connections=2000"],
    ]


COMMANDS = {"mariadb": mariadb_command, "mysql": mysql_command}


def server_folder(kind: str, folder: Path) -> tuple[Path, Path]:
    """The server's folder as it is seen from here, and as the server sees it."""
    if kind == "mariadb":
        return folder, folder
    inside = Path("/throwaway") / folder.name
    return MYSQL_ROOT / inside.relative_to("/"), inside


def greets(port: int) -> bool:
    """Whether a server says its greeting (protocol version 10) on this port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as link:
            head = link.recv(5)
            return len(head) == 5 and head[4] == 10
    except OSError:
        return False


def wait_until_up(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return when the server greets; the init file has been run by then, for both servers listen after it."""
    deadline = time.monotonic() + STARTUP_SECONDS
    while not greets(port):
        if server.poll() is not None or time.monotonic() > deadline:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
            raise CannotBeHad(f"the server did not come up; the end of its log:\n{tail}")
        time.sleep(0.05)


@contextlib.contextmanager
def running(kind: str, *, options: Sequence[str] = (), files: Sequence[Path] = ()) -> Iterator[str]:
    """A server of this kind for the length of the block; gives its URL.

    Args:
        options: more words for the server's command line; ``{folder}`` in them is where its files are, its
            unix socket ``server.sock`` among them.
        files: copied into that folder.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"refpool-{kind}-"))
    port = free_port()
    server: subprocess.Popen[bytes] | None = None
    log = folder / "server.log"
    try:
        command = COMMANDS[kind](folder, port)
        here, inside = server_folder(kind, folder)
        for file in files:
            shutil.copy(file, here)
        command += [option.replace("{folder}", str(inside)) for option in options]
        with log.open("wb") as sink:
            # A session of its own: Ctrl-C reaches the command first, and the server is stopped after it.
            server = subprocess.Popen(
                command, stdout=sink, stderr=sink, stdin=subprocess.DEVNULL, start_new_session=True
            )
        wait_until_up(server, port, log)
        yield f"mysql://spec:@127.0.0.1:{port}/spec"
    finally:
        if server is not None:
            server.terminate()
            try:
                server.wait(timeout=30)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(MYSQL_ROOT / "throwaway" / folder.name, ignore_errors=True)


def run(kind: str, command: Sequence[str]) -> int:
    """Run the command with SPEC_MYSQL_URL set; its exit status."""
    with running(kind) as url:
        print(f"{kind}: {url}", flush=True)
        child = subprocess.Popen(command, env={**os.environ, "SPEC_MYSQL_URL": url})
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:  # the terminal told the child too; let it end in its own way
                continue


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    run_parser = verbs.add_parser("run", help="start the server, run the command, stop the server")
    run_parser.add_argument("kind", choices=sorted(COMMANDS))
    run_parser.add_argument("command", nargs="+", help="after --")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        return run(options.kind, options.command)
    except CannotBeHad as reason:
        print(f"{options.kind} cannot be had here: {reason}", file=sys.stderr)
        return CANNOT_BE_HAD


if __name__ == "__main__":
    sys.exit(main())
