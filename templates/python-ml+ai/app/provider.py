"""A language model elsewhere, asked over HTTP in the way of OpenAI's chat completions.

Many providers and local servers speak it. What they say of their own errors is neither told nor
logged: it may hold the key.
"""

import asyncio
import json
import logging
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import httpx2
from pydantic import AnyHttpUrl, BaseModel, Field, SecretStr

from app.telemetry import log

logging.getLogger("httpx2").setLevel(logging.WARNING)  # it would log every address
Message = dict[str, str]
TRIES = 3
PASSING = {408, 409, 425, 429, 500, 502, 503, 504}
"""Refusals that a second try may get over."""
PATIENCE = 20.0
"""A provider that wants us to wait for longer, in seconds, is not waited for."""
BACK_OFF = 0.5
"""Seconds before the second try; doubled before each next one."""


class Settings(BaseModel):
    ai_url: AnyHttpUrl | None = None
    """Such as https://api.example.com/v1; without one the passages are quoted."""
    ai_key: SecretStr = SecretStr("")
    ai_model: str = ""
    ai_max_tokens: int = Field(400, ge=1)
    """Of an answer."""
    ai_connect_seconds: float = Field(5, gt=0)
    ai_silence_seconds: float = Field(20, gt=0)
    """So long it may say nothing."""
    ai_seconds: float = Field(90, gt=0)
    """So long an answer may take altogether, with all its tries."""


class ProviderError(Exception):
    """No answer, or half of one; `status` is what a gateway says of it."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Used:
    """What a call has cost: estimated until the provider says it."""

    def __init__(self, messages: list[Message]) -> None:
        self.read = sum(estimate(message["content"]) + 4 for message in messages)
        self.written = 0
        self.cut = False
        self.asked = False
        """Whether it was asked at all: a refusal costs nothing."""

    def told(self, usage: dict[str, Any]) -> None:
        self.read = int(usage.get("prompt_tokens", self.read))
        self.written = int(usage.get("completion_tokens", self.written))


def estimate(text: str) -> int:
    """Tokens of a text, rather too many than too few."""
    return len(text.encode()) // 3 + 1


class Provider:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        silence = settings.ai_silence_seconds
        key = settings.ai_key.get_secret_value()
        self.client = httpx2.AsyncClient(
            base_url=str(settings.ai_url),
            headers={"authorization": f"Bearer {key}"} if key else {},
            timeout=httpx2.Timeout(silence, connect=settings.ai_connect_seconds),
        )

    async def close(self) -> None:
        await self.client.aclose()

    async def answer(self, messages: list[Message], used: Used) -> AsyncGenerator[str]:
        """The words as they come. Tried again only before the first one. Raises ProviderError."""
        end = asyncio.get_running_loop().time() + self.settings.ai_seconds
        async with aclosing(self.tried(messages, used)) as words:
            while True:
                try:
                    async with asyncio.timeout_at(end):  # not around the reader's own time
                        text = await anext(words)
                except StopAsyncIteration:
                    return
                except (TimeoutError, httpx2.TimeoutException) as error:
                    raise ProviderError(504, "The language model takes too long.") from error
                yield text

    async def tried(self, messages: list[Message], used: Used) -> AsyncGenerator[str]:
        for attempt in range(TRIES):
            begun = False
            try:
                async with aclosing(self.ask(messages, used)) as words:
                    async for text in words:
                        begun = True
                        yield text
                return
            except httpx2.TimeoutException:
                raise
            except (AgainError, httpx2.TransportError) as error:
                if begun:
                    raise ProviderError(502, "The language model broke off.") from error
                pause = BACK_OFF * 2**attempt * random.uniform(0.5, 1)  # noqa: S311
                wait: float = getattr(error, "wait", None) or pause
                if attempt == TRIES - 1 or wait > PATIENCE:
                    raise gave_up(error) from error
                log.info("asking the language model again: %s", type(error).__name__)
                await asyncio.sleep(wait)

    async def ask(self, messages: list[Message], used: Used) -> AsyncGenerator[str]:
        body = {
            "model": self.settings.ai_model,
            "messages": messages,
            "max_tokens": self.settings.ai_max_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        async with self.client.stream("POST", "chat/completions", json=body) as answer:
            if answer.status_code in PASSING:
                raise AgainError(answer.headers.get("retry-after", ""))
            if answer.status_code != 200:
                log.error("the language model refuses: it answered %d", answer.status_code)
                raise ProviderError(502, "The language model refuses to answer.")
            used.asked = True
            ended = False
            try:
                async for event in httpx2.EventSource(answer):
                    if event.data == "[DONE]":
                        return
                    text, reason = read(json.loads(event.data), used)
                    ended = ended or bool(reason)
                    used.cut = used.cut or reason == "length"
                    if text:
                        used.written += estimate(text)
                        yield text
            except (httpx2.SSEError, ValueError, LookupError, TypeError, AttributeError) as error:
                raise ProviderError(502, "The language model is not understood.") from error
        if not ended:
            raise ProviderError(502, "The language model broke off.")


def gave_up(error: Exception) -> ProviderError:
    if isinstance(error, AgainError):
        return ProviderError(503, "The language model has no time.")
    return ProviderError(502, "The language model cannot be reached.")


class AgainError(Exception):
    """Not now; `wait` is after how many seconds, if it was said."""

    def __init__(self, retry_after: str) -> None:
        super().__init__()
        self.wait = float(retry_after) if retry_after.isdecimal() else None


def read(chunk: Any, used: Used) -> tuple[str, str]:
    """The words of one event and, if it is the last, why it ends."""
    if chunk.get("usage"):
        used.told(chunk["usage"])
    choices = chunk["choices"]
    if not choices:
        return "", ""
    return choices[0]["delta"].get("content") or "", choices[0].get("finish_reason") or ""
