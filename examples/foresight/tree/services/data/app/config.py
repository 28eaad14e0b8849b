"""Settings come from the environment and are checked before anything starts."""

from collections.abc import Mapping
from typing import Literal, TypeVar

from pydantic import BaseModel, Field, SecretStr, ValidationError

from app import PORT

Settings = TypeVar("Settings", bound=BaseModel)


class Config(BaseModel):
    host: str = "127.0.0.1"
    port: int = Field(PORT, ge=1, le=65535)
    log_level: Literal["trace", "debug", "info", "warn", "error", "fatal"] = "info"
    service_token: SecretStr | None = None
    """When set, every caller has to bring it: `authorization: Bearer …`."""
    max_body: int = Field(1 << 20, ge=1)
    """In bytes; anything longer is refused unread."""


class ConfigError(Exception):
    """A variable of the environment that cannot be used."""


def read(kind: type[Settings], environ: Mapping[str, str]) -> Settings:
    """Each field is the variable of its name in capitals; one that is empty counts as unset."""
    given = {name: environ[name.upper()] for name in kind.model_fields if environ.get(name.upper())}
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise ConfigError("\n".join(map(explain, error.errors()))) from None


def explain(wrong: object) -> str:
    match wrong:
        case {"loc": (name, *_), "input": value, "msg": allowed}:
            return f"{str(name).upper()}={value}: {allowed}"
    return str(wrong)
