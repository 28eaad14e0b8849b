"""Where pydantic is laxer, or stricter, than JSON Schema; app/contract.py is built upon this."""

from typing import Annotated

import pydantic
from pydantic import BeforeValidator, ConfigDict, Strict


class BaseModel(pydantic.BaseModel):
    # JSON knows neither NaN nor Infinity; Python's parser lets both in.
    model_config = ConfigDict(allow_inf_nan=False)


def whole(value: object) -> object:
    """To JSON Schema 7.0 is an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


StrictInt = Annotated[int, Strict(), BeforeValidator(whole)]
