"""One history, played: its users, its faults, and a look at every rule whenever the loop has done something.

Everything happens in an arena (`worlds/arena.py`), in virtual time, and is the same in every run. A user does what his
part of the history says and takes an error as an ordinary program does: the visit is over, the next one begins. The
first rule that is broken ends the play.

An error is excused when something happened that causes errors: a fault that was in force during the call or shortly
before, a limit in time, a close. A cancellation excuses nobody but who was cancelled. So a history without faults
excuses nothing.

Knows: what a pool shows of itself, and what the arena shows of the server. Kept from knowing: which driver it is, how
histories are drawn, what is done with a violation.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
from typing import TYPE_CHECKING, Any

from ..worlds.arena import Arena, Restless
from .hearing import told
from .rules import Violation

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ..subject import Driver, Pool
    from .history import Fault, History, User, Visit

HORIZON = 300.0
"""Seconds after which what has not ended never will: all faults are over long before, and no timer is so long."""
REST = 6.0
"""Seconds that are left to a pool to come to itself: a rollback may take five before its connection is given up."""
GRACE = 0.3
"""Seconds after which the last that was under way has arrived, and for which a fault excuses an error."""
PATIENCE = 0.5
"""Seconds for which something may be unused while somebody waits: a pool may first see to its other connections."""
LONG_PATIENCE = 8.0
"""The same for a pool that was told to ask its connections before it lends them, and has to wait for an answer."""
FAREWELL = 1.5
"""Seconds after wait_closed() for what was said last to arrive."""
AT_ONCE_WITHOUT_LIMIT = 3
"""How many connections are asked for at the end of a pool without a limit."""
ATTEMPTS = 10
ATTEMPT_EVERY = 0.3
"""Of an acquire that is limited in time, at the end; seconds, fewer than an idle session lives."""
WAITING = "SELECT SLEEP(0.05)"
MISTAKE = "SELEKT 1"
ROWS = "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3"
HOLD_SECONDS = 0.02


class Guest:
    """A user at play: what he is doing and what he holds. connection: None while he holds none."""

    __slots__ = (
        "acquires_since",
        "connection",
        "cursor",
        "doing",
        "is_cancelled",
        "is_holding",
        "name",
        "task",
        "word",
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.doing = "has not begun"
        self.connection: Any = None
        self.cursor: Any = None
        self.acquires_since: float | None = None
        self.is_holding = False
        self.is_cancelled = False
        self.task: asyncio.Task[None]
        self.word = ""


class Play:
    """A history and a driver in an arena.

    Attributes:
        broken: the first rule that was broken.
    """

    def __init__(
        self,
        driver: Driver,
        history: History,
        unsaid: list[str],
        tell: Callable[[float, str, str], object] | None = None,
    ) -> None:
        """Prepare.

        Args:
            driver: the pool's.
            history: what is to happen.
            unsaid: where Python's warnings go, of which no caller is told; what the loop complains of is added.
            tell: told when, who and what, for a story.
        """
        self.driver = driver
        self.history = history
        self.unsaid = unsaid
        self.broken: Violation | None = None
        self._tell = tell
        self._pool: Pool
        self._has_pool = False
        self._acquire: Callable[[], Any]
        self._guests: list[Guest] = []
        self._acquiring = 0
        self._lent: list[Any] = []
        self._closed_at: float | None = None
        self._closing: list[asyncio.Task[None]] = []
        self._harm: list[tuple[float, float]] = []
        self._unused_since: float | None = None
        self._patience_ends: asyncio.TimerHandle | None = None
        self._seen = 0
        self._fresh: dict[str, Guest] = {}
        self._healed = 0.0
        self._is_over = False
        self._patience = LONG_PATIENCE if history.more else PATIENCE

    def run(self, *, keeps: bool = False) -> Violation | None:
        """Play it; the first rule that was broken, or None.

        All that was played is forgotten: the pool, the server, the world. It refers to itself in rings and is collected
        at once, for what is only complained of when it is collected counts too; and left until the end of some hundred
        plays it cost a third of all time, for it lies all over the memory by then.

        keeps: leave `arena` as it is, to be looked at.
        """
        history = self.history
        self.unsaid.clear()
        try:
            with Arena(
                history.seed,
                history.network,
                wait_timeout=history.wait_timeout,
                eager=history.eager,
                is_told=self._tell is not None,
            ) as self.arena:
                self.arena.loop.set_exception_handler(self._complain)
                if self._tell is not None:
                    self.arena.tell = self._say
                self.arena.on_statement = self._look_at_session
                try:
                    self.arena.run(self._main())
                finally:
                    self._is_over = True
        except Violation as violation:
            self.broken = self.broken or violation
        except Restless as error:
            self.broken = self.broken or Violation("comes_to_rest", f"the loop did not come to rest: {error}")
        # A copy: the one that was raised keeps everything alive through which it came.
        found = self.broken and Violation(self.broken.rule, self.broken.text)
        now = self.arena.now
        if not keeps:
            self._forget()
        if found is not None:
            self.broken = found  # what is left and broken off says nothing
        gc.collect(0)
        if found is None and self.unsaid:
            found = Violation("nothing_unsaid", self.unsaid[0])
            if self._tell is not None:
                self._tell(now, "main", f"BROKEN: {found}")
        return found

    def _forget(self) -> None:
        """All but what is still listened to: the loop's complaints, and the story."""
        kept = {name: self.__dict__[name] for name in ("unsaid", "_tell")}
        self.__dict__.clear()
        self.__dict__ |= kept
        self.broken = None

    # The course of it

    async def _main(self) -> None:
        try:
            await self._course()
        finally:
            self._is_over = True

    async def _course(self) -> None:
        arena = self.arena
        parameters = await arena.start()
        arena.after_each_iteration(self._look)
        self._expect_faults(is_early=True)
        if await self._create(parameters):
            self._expect_faults(is_early=False)
            await self._everybody()
            await self._finish()
        await asyncio.sleep(FAREWELL)
        self._look_for_open_links("after wait_closed()")
        await arena.stop()

    def _expect_faults(self, *, is_early: bool) -> None:
        for fault in self.history.faults:
            if fault.early is is_early:
                self.arena.loop.call_later(fault.at, self._befall, fault)
                # A connect that a slow server meets at the last moment waits for as long again.
                lasts = fault.seconds * (2 if fault.what == "slow" else 1)
                self._healed = max(self._healed, self.arena.now + fault.at + lasts)

    async def _create(self, parameters: Any) -> bool:
        history = self.history
        given = {**parameters, **history.more, "minsize": history.minsize, "maxsize": history.maxsize}
        self._say("main", f"create_pool(minsize={given['minsize']}, maxsize={given['maxsize']})")
        self._end_within(HORIZON, lambda: self._accuse("calls_end", "create_pool() has not come to an end"))
        try:
            self._pool = await self.driver.create_pool(**given, autocommit=history.autocommit)
            self._acquire = self._pool.acquire  # awaitable, and in a block of its own
            self._has_pool = True
        except Exception as error:  # noqa: BLE001 - each driver has errors of its own
            self._say("main", f"create_pool() fails: {told(error)}")
            if not self._is_excused(0.0):
                self._accuse("pool_is_made", f"create_pool() failed without a cause: {told(error)}")
            return False
        return True

    def _end_within(self, seconds: float, accuse: Callable[[], None]) -> None:
        """What begins now has so long; then accuse() is called, and the next look ends the play.

        A timer, where asyncio.wait() would take a task besides: there are some in each of a million plays.
        """
        if self._patience_ends is not None:
            self._patience_ends.cancel()
        self._patience_ends = self.arena.loop.call_later(seconds, accuse)

    async def _everybody(self) -> None:
        """The users, all at once, until the last one has gone."""
        last = self.arena.loop.create_future()
        count = len(self.history.users)

        def one_has_gone(task: asyncio.Task[None]) -> None:
            nonlocal count
            count -= 1
            if not count and not last.done():
                last.set_result(None)

        self._end_within(HORIZON, self._look_for_hanging)
        for number, user in enumerate(self.history.users, 1):
            guest = Guest(f"user {number}")
            self._guests.append(guest)
            self._begin(guest, user)
            guest.task.add_done_callback(one_has_gone)
        await last
        self._look_for_hanging()

    def _begin(self, guest: Guest, user: User) -> None:
        coroutine = self._live(guest, user)
        strike = user.strike
        if strike is not None:

            def act(task: asyncio.Task[None]) -> None:
                guest.task = task  # an eager task runs before it is returned
                for blow in strike.what:
                    self._blow(guest, blow)

            coroutine = self.arena.stepped(coroutine, strike.step, strike.moment, act)
        guest.task = self.arena.loop.create_task(coroutine)

    async def _finish(self) -> None:
        """When everybody has gone: see that all is there, then close."""
        arena, pool, history = self.arena, self._pool, self.history
        guest = Guest("main")
        self._guests = [guest]
        self._end_within(2 * HORIZON, self._look_for_hanging_end)
        if arena.now < self._healed:
            await asyncio.sleep(self._healed - arena.now)
        if self._closed_at is None:
            await asyncio.sleep(REST)
            self._look_for_open_links("although nobody uses the pool", pool.size)
            if pool.size != pool.freesize:
                self._accuse(
                    "capacity_returns", f"nobody holds a connection, size is {pool.size}, freesize {pool.freesize}"
                )
            await self._fill_up(guest, history.maxsize or max(history.minsize, AT_ONCE_WITHOUT_LIMIT))
            self._close("main", "close")
        for task in self._closing:
            guest.doing = "waits for wait_closed()"
            await task
        if pool.size:
            self._accuse("nothing_left_open", f"after wait_closed() size is {pool.size}")
        guest.doing = "acquires from the closed pool"
        try:
            await pool.acquire()
        except Exception:  # noqa: BLE001 - each driver refuses with an error of its own
            guest.doing = "is done"
        else:
            self._accuse("closed_lends_nothing", "acquire() was served after wait_closed()")

    async def _fill_up(self, guest: Guest, count: int) -> None:
        """Have as many connections as there may be, and ask on those that users have left.

        What is opened now nobody has used before: its login is an answer already, and a statement would cost as much
        as all that half a dozen users do.
        """
        held: list[Any] = []
        for number in range(1, count + 1):
            guest.doing = f"acquires connection {number} of {count}, nobody else holding any"
            opened = self.arena.opened
            try:
                connection = await self._acquire_patiently()
                if any(connection is other for other in held):
                    self._accuse("lent_to_one", f"at the end one connection was lent twice in {number} acquires")
                held.append(connection)
                if self.arena.opened > opened:
                    continue
                guest.doing = f"asks on connection {number} of {count} at the end"
                await self._ask(guest, connection, f"SELECT 'end.{number}'", f"end.{number}")
            except Exception as error:  # noqa: BLE001 - each driver has errors of its own
                self._accuse(
                    "capacity_returns", f"at the end {guest.doing.replace('acquires', 'acquiring')}: {told(error)}"
                )
        for connection in held:
            guest.doing = "gives back what was held at the end"
            await done(self._pool.release(connection))

    async def _acquire_patiently(self) -> Any:
        """A pool with a limit in time may need several attempts to get its connections back."""
        for _ in range(ATTEMPTS if "acquire_timeout" in self.history.more else 0):
            try:
                return await self._acquire()
            except TimeoutError:
                await asyncio.sleep(ATTEMPT_EVERY)
        return await self._acquire()

    def _look_for_hanging_end(self) -> None:
        guest = self._guests[0]
        rule = "acquire_ends" if "acquires" in guest.doing else "calls_end"
        self._accuse(rule, f"at the end somebody for ever {guest.doing}")

    # A user

    async def _live(self, guest: Guest, user: User) -> None:
        for number, visit in enumerate(user.visits, 1):
            guest.word = f"{guest.name[5:]}.{number}"
            if visit.after:
                guest.doing = "waits for his time"
                await asyncio.sleep(visit.after)
            since = self.arena.now
            try:
                if visit.form == "block":
                    await self._visit_by_block(guest, visit)
                else:
                    await self._visit_by_hand(guest, visit)
            except Exception as error:  # noqa: BLE001 - each driver has errors of its own
                self._judge(guest, visit, error, since)
        guest.doing = "is done"

    async def _visit_by_block(self, guest: Guest, visit: Visit) -> None:
        limit = None
        try:
            self._asks(guest)
            if visit.within is None:
                async with self._acquire() as connection:
                    self._gets(guest, connection)
                    await self._work(guest, connection, visit)
            else:
                async with asyncio.timeout(visit.within) as limit, self._acquire() as connection:
                    limit.reschedule(None)
                    self._gets(guest, connection)
                    await self._work(guest, connection, visit)
        finally:
            self._leaves(guest)

    async def _visit_by_hand(self, guest: Guest, visit: Visit) -> None:
        connection = None
        try:
            self._asks(guest)
            if visit.within is None:
                connection = await self._acquire()
            else:
                async with asyncio.timeout(visit.within):
                    connection = await self._acquire()
            self._gets(guest, connection)
            await self._work(guest, connection, visit)
        finally:
            if connection is not None and guest.connection is connection:
                self._gives_back(guest)
                await done(self._pool.release(connection))
            self._leaves(guest)

    def _asks(self, guest: Guest) -> None:
        guest.doing = "waits for acquire()"
        guest.acquires_since = self.arena.now
        self._acquiring += 1
        if self._tell is not None:
            self._say(guest.name, "acquire()")

    def _gets(self, guest: Guest, connection: Any) -> None:
        guest.acquires_since = None
        self._acquiring -= 1
        if self._closed_at is not None:
            self._accuse("closed_lends_nothing", f"{guest.name} was lent a connection after the pool was closed")
        for other in self._lent:
            if other is connection:
                holder = next(one.name for one in self._guests if one.connection is connection)
                self._accuse("lent_to_one", f"{guest.name} was lent the connection that {holder} holds")
        guest.connection = connection
        self._lent.append(connection)
        if self._tell is not None:
            self._say(guest.name, "has a connection")

    def _gives_back(self, guest: Guest) -> None:
        """Just before the pool is told, for then it may be another's at once."""
        guest.doing = "gives his connection back"
        self._lent.remove(guest.connection)
        guest.connection = None
        if self._tell is not None:
            self._say(guest.name, "release()")

    def _leaves(self, guest: Guest) -> None:
        if guest.acquires_since is not None:
            guest.acquires_since = None
            self._acquiring -= 1
        if guest.connection is not None:
            self._lent.remove(guest.connection)
            guest.connection = None

    async def _work(self, guest: Guest, connection: Any, visit: Visit) -> None:
        try:
            is_first = True
            for deed in visit.do:
                if guest.connection is not connection:
                    return  # released in his name
                guest.doing = f"waits for the end of {deed!r}"
                if deed == "ask":
                    text = f"SELECT '{guest.word}'"
                    if is_first:
                        self._fresh[text] = guest
                    await self._ask(guest, connection, text, guest.word)
                    is_first = False
                elif deed == "hold":
                    guest.is_holding = True
                    try:
                        await asyncio.sleep(HOLD_SECONDS)
                    finally:
                        guest.is_holding = False
                else:
                    await self._do(guest, connection, deed)
                    is_first = False
        finally:
            guest.cursor = None
            if visit.form == "block" and guest.connection is connection:
                self._gives_back(guest)

    async def _ask(self, guest: Guest, connection: Any, text: str, word: str) -> None:
        rows = await self.driver.query(connection, text)
        if len(rows) != 1 or rows[0][0] != word:
            self._accuse("rows_are_own", f"{guest.name} asked for {word!r} and read {rows!r}")
        if self._tell is not None:
            self._say(guest.name, f"reads {word!r}")

    async def _do(self, guest: Guest, connection: Any, deed: str) -> None:
        if self._tell is not None:
            self._say(guest.name, deed)
        if deed == "wait":
            await self.driver.query(connection, WAITING)
        elif deed == "mistake":
            since = self.arena.now
            try:
                await self.driver.query(connection, MISTAKE)
            except Exception as error:
                if "1064" not in str(error) and not self._is_excused(since):
                    raise
        elif deed == "close":
            await done(connection.close())
        elif deed == "unread":
            await self._leave_unread(guest, connection)
        else:
            await self.driver.query(connection, deed.upper())

    async def _leave_unread(self, guest: Guest, connection: Any) -> None:
        unbuffered = getattr(self.driver, "unbuffered", None)
        if unbuffered is None:
            await self.driver.query(connection, ROWS)
            return
        block = unbuffered(connection)
        cursor = await block.__aenter__()
        guest.cursor = block, cursor  # kept until the release, and never closed: that would read the rest
        await cursor.execute(ROWS)
        await cursor.fetchone()

    def _judge(self, guest: Guest, visit: Visit, error: Exception, since: float) -> None:
        if isinstance(error, Violation):
            raise error
        if self._tell is not None:
            self._say(guest.name, f"meets {told(error)}")
        if isinstance(error, TimeoutError) and (visit.within is not None or "acquire_timeout" in self.history.more):
            return
        if "close" in visit.do or self._is_excused(since):
            return
        self._accuse(
            "errors_have_causes", f"{guest.name}, who {guest.doing}, met an error without a cause: {told(error)}"
        )

    def _is_excused(self, since: float) -> bool:
        if self._closed_at is not None:
            return True
        if any(end > since - GRACE for _, end in self.arena.ended):
            return True
        return any(end > since - GRACE for _, end in self._harm)

    # What befalls them

    def _befall(self, fault: Fault) -> None:
        arena = self.arena
        if self._tell is not None:
            lasting = f" for {fault.seconds:g} s" if fault.what in ("stall", "refuse", "full", "deny", "slow") else ""
            self._say("fate", f"{fault.what}{lasting}")
        if fault.what in ("close", "terminate", "clear"):
            self._close("fate", fault.what)
            return
        self._harm.append((arena.now, arena.now + fault.seconds))
        if fault.what in ("kill", "reset"):
            getattr(arena, fault.what)(fault.to)
        elif fault.what == "stall":
            arena.stall(fault.to, fault.seconds)
        else:
            getattr(arena, fault.what)(fault.seconds)

    def _blow(self, guest: Guest, blow: str) -> None:
        if self._tell is not None:
            self._say("fate", f"{blow}, while {guest.name} {guest.doing}")
        if blow == "cancel":
            if guest.task.cancel():
                guest.is_cancelled = True
        elif blow == "kill":
            self._harm.append((self.arena.now, self.arena.now))
            self.arena.kill(0)
        elif blow == "release":
            for other in self._guests:
                if other.is_holding and other.connection is not None:
                    self._release_for(other)
                    break
        else:
            self._close("fate", blow)

    def _release_for(self, other: Guest) -> None:
        connection = other.connection
        self._gives_back(other)
        try:
            self._pool.release(connection)
        except Exception as error:  # noqa: BLE001 - each driver has errors of its own
            if not self._is_excused(self.arena.now):
                self._accuse("errors_have_causes", f"release() failed without a cause: {told(error)}")

    def _close(self, who: str, how: str) -> None:
        if how == "clear":
            if hasattr(self._pool, "clear"):  # not every pool offers it
                self._closing_task(self._pool.clear)
            return
        if self._closed_at is None:
            self._closed_at = self.arena.now
        if who == "main":
            self._say(who, f"{how}()")
        getattr(self._pool, how)()
        self._closing_task(self._pool.wait_closed)

    def _closing_task(self, call: Callable[[], Awaitable[Any]]) -> None:
        async def wait() -> None:
            try:
                await done(call())
            except Exception as error:  # noqa: BLE001 - clear() may meet what befalls the others
                if not self._is_excused(self.arena.now):
                    self._accuse("errors_have_causes", f"{call.__name__}() failed without a cause: {told(error)}")

        self._closing.append(self.arena.loop.create_task(wait()))

    # What is looked after

    def _look(self) -> None:
        """Between two iterations of the loop: what holds at every moment."""
        if self._is_over:
            return  # the arena is being cleared away
        if self.broken is not None:
            raise self.broken
        if not self._has_pool:
            return
        pool, most = self._pool, self.history.maxsize
        size, free = pool.size, pool.freesize
        if not 0 <= free <= size or 0 < most < size:
            self._accuse("sizes_hold", f"size is {size}, freesize {free}, and maxsize {most}")
        arena = self.arena
        happened = arena.happened
        if happened != self._seen:
            self._seen = happened
            if most and arena.open_links > most:
                self._accuse("server_sees_maxsize", f"{arena.open_links} connections are open, maxsize is {most}")
            if self._closed_at is not None and arena.opened_at > max(self._closed_at, self._healed) + GRACE:
                self._accuse("closed_opens_nothing", "a connection was opened after the pool was closed")
            self._look_for_unused(size, free, is_quiet=False)
        elif self._acquiring or self._unused_since is not None:
            self._look_for_unused(size, free, is_quiet=True)

    def _look_for_unused(self, size: int, free: int, *, is_quiet: bool) -> None:
        """Connections or room beside somebody who waits. Room is not unused while something goes on at the server."""
        now, since = self.arena.now, self._unused_since
        if since is not None and now - since > self._patience:
            self._accuse("free_serves_waiting", self._unused())
        most = self.history.maxsize
        has_room = (not most or size < most) and is_quiet and now > self._healed
        if self._acquiring and self._closed_at is None and (free or has_room):
            self._unused_since = now if since is None else since
        else:
            self._unused_since = None

    def _unused(self) -> str:
        waiting = [one.name for one in self._guests if one.acquires_since is not None]
        return (
            f"size is {self._pool.size}, freesize {self._pool.freesize}, maxsize {self.history.maxsize}, and "
            f"{', '.join(waiting) or 'somebody'} waits"
        )

    def _look_at_session(self, statement: str, in_transaction: bool) -> None:
        guest = self._fresh.pop(statement, None)
        if guest is not None and in_transaction:
            self._accuse("session_is_clean", f"{guest.name} was lent a connection in somebody else's transaction")

    def _look_for_hanging(self) -> None:
        for guest in self._guests:
            if not guest.task.done():
                rule = "acquire_ends" if guest.acquires_since is not None else "statement_ends"
                if "gives" in guest.doing:
                    rule = "calls_end"
                self._accuse(rule, f"{guest.name} for ever {guest.doing}{self._sizes()}")
            if guest.task.cancelled():
                continue
            error = guest.task.exception()
            if error is not None:
                raise error
            if guest.is_cancelled:
                self._accuse("cancel_is_delivered", f"{guest.name} was cancelled and went on")

    def _sizes(self) -> str:
        pool = self._pool
        closed = ", closed" if self._closed_at is not None else ""
        return f" (size {pool.size}, freesize {pool.freesize}, maxsize {self.history.maxsize}{closed})"

    def _look_for_open_links(self, when: str, allowed: int = 0) -> None:
        count = self.arena.open_links
        if count > allowed:
            self._accuse(
                "nothing_left_open",
                f"{count} connections are open {when}" + (f", size is {allowed}" if allowed else ""),
            )

    def _complain(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if self.broken is not None:
            return  # what a play leaves that was broken off says nothing
        error = context.get("exception")
        self.unsaid.append(told(f"{context['message']}{f': {told(error)}' if error else ''}"))

    def _accuse(self, rule: str, text: str) -> None:
        violation = Violation(rule, text)
        if self.broken is None:
            self.broken = violation
            self._say("main", f"BROKEN: {violation}")
        raise violation

    def _say(self, who: str, what: str) -> None:
        if self._tell is not None:
            self._tell(self.arena.now, who, what)


async def done(result: Any) -> None:
    """Wait, where there is something to wait for: drivers differ in what is a coroutine."""
    if result is not None and inspect.isawaitable(result):
        await result
