"""HTTP for uvicorn, in which what one turn of the loop has for a connection leaves in one write."""

from asyncio import AbstractEventLoop, Transport, get_running_loop
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Cork:
    """Stands before a transport. Each write to the system costs more than making the answer."""

    def __init__(self, transport: Transport, loop: AbstractEventLoop) -> None:
        self.transport = transport
        self.loop = loop
        self.parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        if not self.parts:
            self.loop.call_soon(self.flush)
        self.parts.append(data)

    def flush(self) -> None:
        if self.parts:
            parts, self.parts = self.parts, []
            self.transport.write(b"".join(parts))

    def close(self) -> None:
        self.flush()
        self.transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)


class Protocol(HttpToolsProtocol):
    def connection_made(self, transport: Any) -> None:
        super().connection_made(cast(Transport, Cork(transport, get_running_loop())))
