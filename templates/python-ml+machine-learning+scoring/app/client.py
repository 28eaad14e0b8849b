# Made from contract/openapi by `python tasks.py generate`: change it there.

from app.caller import Caller
from app.contract import Announcement, Key


class Models(Caller):
    """What the Python service tells of its model. The Node service sends it on to every browser."""

    async def announce(self, body: Announcement, *, idempotency_key: Key) -> None:
        """Sends an event of the Python service to every browser."""
        await self.call("announce", body=body, headers={"idempotency-key": idempotency_key})
