import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.cork import Cork


@asynccontextmanager
async def corked() -> AsyncIterator[tuple[Cork, socket.socket]]:
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(asyncio.Protocol, sock=ours)
    with theirs:
        yield Cork(transport, loop), theirs
        transport.close()


def test_what_a_turn_writes_leaves_together_at_its_end() -> None:
    async def turn() -> None:
        async with corked() as (cork, reader):
            cork.write(b"head ")
            cork.write(b"body")
            with pytest.raises(BlockingIOError):
                reader.recv(100)
            await asyncio.sleep(0)
            assert reader.recv(100) == b"head body"

    asyncio.run(turn())


def test_what_was_written_goes_before_the_end() -> None:
    async def turn() -> None:
        async with corked() as (cork, reader):
            cork.write(b"last words")
            cork.close()
            assert reader.recv(100) == b"last words"
            await asyncio.sleep(0)
            assert cork.is_closing()
            assert reader.recv(100) == b""

    asyncio.run(turn())
