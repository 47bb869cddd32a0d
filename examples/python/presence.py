"""A presence client in Python, written from docs/protocol.md.

It joins one wedding and prints each change as one line of JSON. `npm run conformance -- client python3 examples/python/presence.py`
holds it to the page. It needs Python 3.11 and `pip install websockets`.

    PRESENCE_URL=ws://127.0.0.1:8080/v1/presence PRESENCE_TOKEN=... PRESENCE_WEDDING=ada-and-grace python3 presence.py
"""

import asyncio
import itertools
import json
import os
import random
import sys
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

LEAST_WAIT_S = 0.1
LONGEST_WAIT_S = 10.0
WELCOME_WITHIN_S = 10.0
LARGEST_FRAME_BYTES = 1024 * 1024
# Without these the server says when to try again (`retryAfterMs`) where trying again can help.
PASSING_CODES = {"not_joined", "replaced"}

Frame = dict[str, Any]


class Refused(Exception):
    """The server answered with an error."""

    def __init__(self, frame: Frame) -> None:
        super().__init__(f"{frame['code']}: {frame.get('message', '')}")
        self.code: str = frame["code"]
        self.retry_after_s: float | None = (
            frame["retryAfterMs"] / 1000 if "retryAfterMs" in frame else None
        )

    @property
    def is_final(self) -> bool:
        return self.retry_after_s is None and self.code not in PASSING_CODES


class Lost(Exception):
    """The connection ended without an error of the server."""


@dataclass
class View:
    """The members of one wedding, and the rule by which diffs apply ("Keeping the state")."""

    members: dict[str, Frame] = field(default_factory=dict)
    epoch: str | None = None
    seq: int = 0
    provisional: dict[str, Frame | None] = field(default_factory=dict)

    def replace(self, snapshot: Frame) -> None:
        self.members = {member["user"]: member for member in snapshot["members"]}
        self.epoch, self.seq = snapshot["epoch"], snapshot["seq"]
        self.provisional = {}

    def apply(self, diff: Frame) -> str:
        if diff["epoch"] != self.epoch or diff["prev"] > self.seq:
            return "gap"
        if diff["seq"] <= self.seq:
            return "known"
        for change in diff["changes"]:
            if change["op"] == "set":
                member = change["member"]
                self.members[member["user"]] = member
                self.provisional.pop(member["user"], None)
            elif change["op"] == "leave":
                self.members.pop(change["user"], None)
                self.provisional.pop(change["user"], None)
        self.seq = diff["seq"]
        return "applied"

    def show_provisional(self, frame: Frame) -> None:
        for user in frame["withdrawn"]:
            self.provisional.pop(user, None)
        for change in frame["changes"]:
            if change["op"] == "set":
                self.provisional[change["member"]["user"]] = change["member"]
            elif change["op"] == "leave":
                self.provisional[change["user"]] = None

    @property
    def shown(self) -> dict[str, Frame]:
        """The numbered members, with what is provisional in its place."""
        both: dict[str, Frame | None] = {**self.members, **self.provisional}
        return {user: member for user, member in both.items() if member is not None}


class Connection:
    """One WebSocket: pairs requests with answers, and notices silence."""

    def __init__(self, socket: ClientConnection, client: "Client") -> None:
        self.socket = socket
        self.client = client
        self.name: str | None = None
        self.heartbeat_s = 10.0
        self.ids = itertools.count(1)
        self.waiting: dict[str, asyncio.Future[Frame]] = {}
        self.heard = True
        self.final_error: Refused | None = None

    async def request(self, message: Frame) -> Frame:
        """Sends a request and gives its answer."""
        request_id = str(next(self.ids))
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self.waiting[request_id] = answer
        try:
            await self.socket.send(json.dumps({**message, "id": request_id}))
            return await answer
        except ConnectionClosed as error:
            raise self.final_error or Lost(str(error)) from error
        finally:
            self.waiting.pop(request_id, None)

    async def run(self) -> None:
        """Reads until the connection ends; raises why it ended."""
        heartbeat = asyncio.create_task(self.watch_silence())
        try:
            async with asyncio.timeout(WELCOME_WITHIN_S):
                self.take(json.loads(await self.socket.recv()))
            async for text in self.socket:
                self.heard = True
                self.take(json.loads(text))
        except TimeoutError:
            raise Lost("there was no welcome") from None
        except ConnectionClosed:
            pass
        finally:
            heartbeat.cancel()
            why = self.final_error or Lost("the connection ended")
            for answer in self.waiting.values():
                if not answer.done():
                    answer.set_exception(why)
        raise why

    async def watch_silence(self) -> None:
        while True:
            await asyncio.sleep(self.heartbeat_s)
            if not self.heard:
                # Nothing came since the ping: the other side may be gone, so no closing handshake is waited for.
                self.socket.transport.abort()
                return
            self.heard = False
            await self.socket.send(json.dumps({"type": "ping", "id": f"ping-{next(self.ids)}"}))

    def take(self, frame: Frame) -> None:
        kind = frame.get("type")
        if kind == "welcome":
            self.name = frame["connection"]
            self.heartbeat_s = frame["heartbeatMs"] / 1000
            self.client.welcomed(self)
        elif kind == "error":
            self.fail(frame)
        elif kind == "drain":
            self.client.move_away(self)
        elif kind in ("snapshot", "diff", "provisional"):
            self.client.take(self, frame)
        # Types that are not known are ignored, as the page wants it.
        if kind in ("snapshot", "diff", "ack", "pong"):
            answer = self.waiting.get(frame.get("id", ""))
            if answer is not None and not answer.done():
                answer.set_result(frame)

    def fail(self, frame: Frame) -> None:
        error = Refused(frame)
        if frame.get("fatal"):
            self.final_error = error
        answer = self.waiting.get(frame.get("id", ""))
        if answer is not None and not answer.done():
            answer.set_exception(error)
        elif frame["code"] == "replaced" and not frame.get("fatal"):
            self.client.replaced(self)


class Client:
    """A member of one wedding for as long as it runs, over as many connections as that takes."""

    def __init__(self, url: str, token: str, wedding: str, status: str | None) -> None:
        self.url, self.token, self.wedding = url, token, wedding
        self.status = status
        self.view = View()
        # The newest connection that has sent a join: only what this one says counts.
        self.current: Connection | None = None
        # The last connection whose join was answered, which the next one replaces.
        self.member_as: str | None = None
        self.connections: set[Connection] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.asking = False
        self.wait_s = LEAST_WAIT_S
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Runs until the server refuses for good."""
        self.start(self.connect())
        await self.ended

    def start(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def connect(self) -> None:
        try:
            # The token is a subprotocol: URLs are written into the logs of proxies.
            async with connect(
                self.url,
                subprotocols=["presence.v1", f"bearer.{self.token}"],  # type: ignore[list-item]
                max_size=LARGEST_FRAME_BYTES,
                compression=None,
                ping_interval=None,
                close_timeout=1,
            ) as socket:
                connection = Connection(socket, self)
                self.connections.add(connection)
                try:
                    await connection.run()
                finally:
                    self.connections.discard(connection)
        except (Refused, Lost, OSError, InvalidHandshake, TimeoutError, json.JSONDecodeError) as error:
            self.lost(error)

    def lost(self, error: Exception) -> None:
        """Connects again, unless another connection is there or another attempt cannot help."""
        if isinstance(error, Refused) and error.is_final:
            print(f"presence: {error}", file=sys.stderr)
            if not self.ended.done():
                self.ended.set_result(None)
        elif self.current not in self.connections or self.current.socket.state.name != "OPEN":
            hint_s = error.retry_after_s or 0.0 if isinstance(error, Refused) else 0.0
            # Decorrelated jitter: clients that lost the same server together spread out further each time.
            self.wait_s = min(LONGEST_WAIT_S, random.uniform(LEAST_WAIT_S, 3 * self.wait_s))
            self.start(self.connect_later(hint_s + self.wait_s))

    async def connect_later(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.connect()

    def welcomed(self, connection: Connection) -> None:
        self.current = connection
        self.start(self.join(connection))

    async def join(self, connection: Connection) -> None:
        """Joins, again after the hint while the server cannot at the moment; then the old connections are closed."""
        while self.current is connection:
            message: Frame = {"type": "join", "wedding": self.wedding}
            if self.status is not None:
                message["status"] = self.status
            if self.member_as is not None:
                message["resume"] = self.member_as
            if self.view.epoch is not None:
                message["since"] = {"epoch": self.view.epoch, "seq": self.view.seq}
            try:
                await connection.request(message)
            except Lost:
                return
            except Refused as error:
                if error.retry_after_s is None:
                    self.lost(error)
                    return
                await asyncio.sleep(error.retry_after_s)
                continue
            self.member_as = connection.name
            self.wait_s = LEAST_WAIT_S
            for old in self.connections - {connection}:
                self.start(old.socket.close())
            return

    def move_away(self, connection: Connection) -> None:
        """The server goes away: the new connection first, then the old one ends."""
        if self.current is connection:
            self.start(self.connect())

    def replaced(self, connection: Connection) -> None:
        """Another client resumed this connection: goes on as a further device. During a hand-over it is our own doing."""
        if self.current is connection:
            self.member_as = None
            self.start(self.join(connection))

    def take(self, connection: Connection, frame: Frame) -> None:
        """What a server says about the wedding."""
        if connection is not self.current or frame["wedding"] != self.wedding:
            return
        if frame["type"] == "snapshot":
            self.asking = False
            self.view.replace(frame)
        elif frame["type"] == "provisional":
            self.view.show_provisional(frame)
        elif self.view.apply(frame) == "gap" and not self.asking:
            self.asking = True
            self.start(self.ask_for_snapshot(connection))
        self.show()

    async def ask_for_snapshot(self, connection: Connection) -> None:
        while self.asking and self.current is connection:
            try:
                await connection.request({"type": "snapshot", "wedding": self.wedding})
            except Refused as error:
                await asyncio.sleep(error.retry_after_s or 1.0)
            except Lost:
                self.asking = False

    def show(self) -> None:
        members = {user: member.get("status") for user, member in self.view.shown.items()}
        line = {"epoch": self.view.epoch, "seq": self.view.seq, "members": members}
        print(json.dumps(line), flush=True)


async def main() -> None:
    env = os.environ
    client = Client(
        env["PRESENCE_URL"], env["PRESENCE_TOKEN"], env["PRESENCE_WEDDING"], env.get("PRESENCE_STATUS")
    )
    await client.run()


if __name__ == "__main__":
    asyncio.run(main())
