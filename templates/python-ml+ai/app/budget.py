"""What a day may cost: counted in a file, so that a restart forgets nothing, and by the day in UTC."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import BaseModel, Field

TABLE = """
create table if not exists spent (
  day text primary key,
  tokens integer not null,
  money real not null
) strict
"""


class Limits(BaseModel):
    ai_tokens_per_day: int = Field(200_000, ge=0)
    ai_money_per_day: float = Field(0, ge=0)
    """In the currency of the prices; 0 for no limit."""
    ai_price_in: float = Field(0, ge=0)
    ai_price_out: float = Field(0, ge=0)
    """Of a million tokens that are read, or written."""


class SpentError(Exception):
    """The day's budget does not allow it; `wait` is how many seconds are left of the day."""

    def __init__(self, wait: int) -> None:
        super().__init__("The budget of today is spent.")
        self.wait = wait


class Budget:
    def __init__(self, file: Path, limits: Limits) -> None:
        self.file = file
        self.limits = limits

    def price(self, read: int, written: int) -> float:
        return (read * self.limits.ai_price_in + written * self.limits.ai_price_out) / 1_000_000

    def reserve(self, read: int, written: int) -> None:
        """Before the call, for the most that it may cost. Raises SpentError.

        If the service dies before it settles this stays: too much is counted, never too little.
        """
        if not self.add(read + written, self.price(read, written)):
            now = datetime.now(UTC)
            tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
            raise SpentError(max(1, int((tomorrow - now).total_seconds())))

    def settle(self, reserved: tuple[int, int], used: tuple[int, int]) -> None:
        """After the call: what it did cost takes the place of what was reserved."""
        tokens = sum(used) - sum(reserved)
        self.add(tokens, self.price(*used) - self.price(*reserved), limited=False)

    def add(self, tokens: int, money: float, limited: bool = True) -> bool:
        """Whether it was within the limits; one statement, so that two cannot both take the last."""
        most = self.limits.ai_tokens_per_day if limited else 1 << 60
        dearest = (limited and self.limits.ai_money_per_day) or 1e18
        query = """insert into spent (day, tokens, money) select :day, :tokens, :money
                   where :tokens <= :most and :money <= :dearest
                   on conflict (day) do update set tokens = tokens + :tokens, money = money + :money
                   where tokens + :tokens <= :most and money + :money <= :dearest"""
        given = {"day": today(), "tokens": tokens, "money": money, "most": most, "dearest": dearest}
        with closing(self.open()) as db:
            return db.execute(query, given).rowcount > 0

    def spent(self) -> tuple[int, float]:
        """Tokens and money of today."""
        with closing(self.open()) as db:
            query = "select tokens, money from spent where day = ?"
            return db.execute(query, [today()]).fetchone() or (0, 0.0)

    def open(self) -> sqlite3.Connection:
        """For a moment: several processes may share the file."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(self.file, isolation_level=None)
        db.execute(TABLE)
        return db


def today() -> str:
    return datetime.now(UTC).date().isoformat()
