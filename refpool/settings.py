"""What a connection is opened with: every parameter of connect(), checked when it is given.

This module knows the parameters, their types and their defaults. It is kept from knowing how a connection is made:
it opens no socket, and a pool with ``minsize=0`` can therefore tell its maker about a bad argument at once, long
before anything is dialled.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from refpool import wire

__all__ = ["ConnectSettings", "connect_settings"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnectSettings:
    """The parameters of one connect(), checked and complete."""

    host: str
    user: str | bytes
    password: bytes
    db: str | None
    port: int
    unix_socket: str | None
    charset: str
    sql_mode: str | None
    conv: Mapping[int, Callable[[Any], Any] | None]
    use_unicode: bool
    client_flag: int
    cursorclass: Callable[..., Any] | None
    init_command: str | None
    connect_timeout: float | None
    autocommit: bool | None
    echo: bool
    local_infile: bool
    loop: Any
    ssl: Any
    auth_plugin: str
    program_name: str
    server_public_key: bytes | None


def connect_settings(
    host: str | None = "localhost",
    user: str | None = None,
    password: str | bytes = "",
    db: str | None = None,
    port: int = 3306,
    unix_socket: str | None = None,
    charset: str = "",
    sql_mode: str | None = None,
    read_default_file: str | None = None,
    conv: Mapping[int, Callable[[Any], Any] | None] = wire.decoders,
    use_unicode: bool | None = None,
    client_flag: int = 0,
    cursorclass: Callable[..., Any] | None = None,
    init_command: str | None = None,
    connect_timeout: float | None = None,
    read_default_group: str | None = None,
    autocommit: bool | None = False,
    echo: bool = False,
    local_infile: bool = False,
    loop: Any = None,
    ssl: Any = None,
    auth_plugin: str = "",
    program_name: str = "",
    server_public_key: bytes | str | None = None,
    *,
    database: str | None = None,
) -> ConnectSettings:
    """Check the arguments of connect() and return them complete (skeleton: the checks follow)."""
    return ConnectSettings(
        host=host or "localhost",
        user=user or getpass.getuser(),
        password=password.encode("latin1") if isinstance(password, str) else password,
        db=db or database,
        port=port,
        unix_socket=unix_socket,
        charset=charset or "utf8mb4",
        sql_mode=sql_mode,
        conv=conv,
        use_unicode=use_unicode is not False,
        client_flag=client_flag,
        cursorclass=cursorclass,
        init_command=init_command,
        connect_timeout=connect_timeout,
        autocommit=autocommit,
        echo=echo,
        local_infile=local_infile,
        loop=loop,
        ssl=ssl or None,
        auth_plugin=auth_plugin,
        program_name=program_name,
        server_public_key=server_public_key.encode() if isinstance(server_public_key, str) else server_public_key,
    )
