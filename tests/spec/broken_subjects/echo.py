"""Chapter 7 of POOL.md broken: what is logged."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, ClassVar

from .sound import Sound, breaks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec.subject import Driver


class Echoes(Sound):
    """Logs by itself, in the base's place; `tell` says what."""

    is_on_by_default: ClassVar[bool] = False

    @classmethod
    def arrange(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in given.items() if key != "echo"}

    @property
    def echo(self) -> bool:
        return bool(self.given.get("echo", self.is_on_by_default))

    @classmethod
    async def query(cls, base: Driver, connection: Any, statement: str) -> Sequence[Sequence[Any]]:
        for pool in cls.pools():
            if isinstance(pool, Echoes) and connection in pool.lent and pool.tells(connection):
                pool.tell(logging.getLogger(base.logger), statement)
        return await super().query(base, connection, statement)

    def tells(self, connection: Any) -> bool:
        """Whether this connection's statements are logged."""
        return self.echo

    def tell(self, logger: logging.Logger, statement: str) -> None:
        """Log a statement."""
        logger.info(statement)


@breaks("echo_is_off_by_default", shows="echo is not False by default")
class EchoIsOnByDefault(Echoes):
    is_on_by_default = True


@breaks("echo_is_off_by_default", shows="echo is not False by default")
class EchoIsNoneByDefault(Sound):
    @property
    def echo(self) -> Any:
        return super().echo if "echo" in self.given else None


@breaks("echo_is_off_by_default", shows="a statement was logged although echo is off")
class EchoIsUnasked(Echoes):
    """Logs whatever the attribute says."""

    def tells(self, connection: Any) -> bool:
        return True


@breaks("echo_attribute", shows="echo is not True in a pool created with echo=True")
class EchoIsAlwaysFalse(Sound):
    @property
    def echo(self) -> bool:
        return False


@breaks("echo_attribute", shows="echo is not False in a pool created with echo=False")
class EchoIsTrueWhenGiven(Sound):
    @property
    def echo(self) -> bool:
        return "echo" in self.given


@breaks("echo_attribute", shows="echo is not False in a pool created with echo=False")
class EchoIsForAll(Sound):
    """One setting for all pools: on, once one of them has it on."""

    @property
    def echo(self) -> bool:
        return any(pool.given.get("echo") for pool in self.pools())


@breaks("echo_logs_statements", shows="a statement was executed and not logged although echo is on")
class EchoIsSilent(Echoes):
    def tells(self, connection: Any) -> bool:
        return False


@breaks("echo_logs_statements", shows="a statement was executed and not logged although echo is on")
class EchoIsUsedUp(Echoes):
    """Reaches the connections of the beginning and none that is opened later."""

    def tells(self, connection: Any) -> bool:
        return self.echo and connection in self.lent[: self.minsize]


@breaks("echo_logs_statements", shows="a statement was executed and not logged although echo is on")
class EchoIsForQueries(Echoes):
    """Logs what has a result set."""

    def tell(self, logger: logging.Logger, statement: str) -> None:
        if statement.startswith("SELECT"):
            super().tell(logger, statement)


@breaks("echo_logs_statements", shows="a statement was executed and not logged although echo is on")
class EchoGoesElsewhere(Echoes):
    def tell(self, logger: logging.Logger, statement: str) -> None:
        super().tell(logging.getLogger(f"not.{logger.name}"), statement)


@breaks("echo_logs_statements", shows="a statement was executed and not logged although echo is on")
class EchoIsCutShort(Echoes):
    def tell(self, logger: logging.Logger, statement: str) -> None:
        super().tell(logger, f"{statement[:12]}...")


@breaks("echo_logs_statements", shows="a statement was logged more than once")
class EchoStutters(Echoes):
    def tell(self, logger: logging.Logger, statement: str) -> None:
        super().tell(logger, statement)
        super().tell(logger, statement)
