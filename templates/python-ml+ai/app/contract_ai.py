# Made from contract/schemas by `python tasks.py generate`: change it there.

from __future__ import annotations

from typing import Annotated, Literal

from app.strict import BaseModel, StrictInt
from pydantic import MISSING, ConfigDict, Field, StrictBool, StrictFloat, StrictStr
from typing_extensions import TypeAliasType


class Passage(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
    )
    id: StrictStr
    topic: StrictStr
    title: StrictStr
    text: StrictStr


class Hit(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
    )
    passage: Passage
    similarity: Annotated[
        StrictFloat, Field(description='Cosine of the angle between the two.', ge=-1.0, le=1.0)
    ]


class Hits(BaseModel):
    """
    The most similar first; none when no word of the query is known.
    """

    model_config = ConfigDict(
        extra='forbid',
    )
    hits: list[Hit]
    model: Annotated[StrictStr, Field(description='The embedding model that compared.')]


class OtherTopic(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
    )
    topic: StrictStr
    similarity: Annotated[StrictFloat, Field(ge=-1.0, le=1.0)]


class AnswerSources(BaseModel):
    """
    What the answer is built upon; comes first.
    """

    model_config = ConfigDict(
        extra='forbid',
    )
    type: Literal['sources']
    sources: list[Hit]


class AnswerText(BaseModel):
    """
    The next words.
    """

    model_config = ConfigDict(
        extra='forbid',
    )
    type: Literal['text']
    text: StrictStr


class AnswerDone(BaseModel):
    """
    The end of an answer that is whole.
    """

    model_config = ConfigDict(
        extra='forbid',
    )
    type: Literal['done']
    by: Annotated[
        StrictStr,
        Field(
            description='The language model; `passages` when there is none and passages were quoted.'
        ),
    ]
    cut: Annotated[StrictBool, Field(description='Whether it would have gone on beyond its limit.')]
    tokens: Annotated[
        StrictInt, Field(description="What it counts against the day's budget.", ge=0)
    ]


ShortText = TypeAliasType(
    "ShortText", Annotated[StrictStr, Field(max_length=2000, min_length=1, pattern='\\S')]
)


class Issue(BaseModel):
    """
    One wrong place of an input.
    """

    model_config = ConfigDict(
        extra='forbid',
    )
    path: Annotated[
        StrictStr, Field(description='A JSON pointer, such as /rows/3/hour; empty for the whole.')
    ]
    message: StrictStr


class SearchQuery(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
    )
    query: ShortText
    limit: Annotated[
        StrictInt | MISSING, Field(description='At most so many; 5 when left out.', ge=1, le=20)
    ] = MISSING


class Texts(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
    )
    texts: Annotated[list[ShortText], Field(max_length=32, min_length=1)]


class Topic(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
    )
    topic: Annotated[
        StrictStr | None, Field(description='Null when the text is like nothing that is known.')
    ]
    similarity: Annotated[StrictFloat, Field(ge=-1.0, le=1.0)]
    others: Annotated[
        list[OtherTopic], Field(description='What else it might be, the likeliest first.')
    ]


class Question(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
    )
    question: ShortText


class Problem(BaseModel):
    """
    A refusal, explained (RFC 9457, application/problem+json).
    """

    model_config = ConfigDict(
        extra='forbid',
    )
    type: Annotated[
        StrictStr, Field(description='A kind of problem; about:blank when the status says it all.')
    ]
    title: StrictStr
    status: Annotated[StrictInt, Field(ge=400, le=599)]
    detail: StrictStr | MISSING = MISSING
    instance: StrictStr | MISSING = MISSING
    errors: list[Issue] | MISSING = MISSING


class Topics(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
    )
    topics: Annotated[list[Topic], Field(description='One per text, in the order of the texts.')]
    model: StrictStr


class AnswerFailed(BaseModel):
    """
    The end of an answer that broke off; what came before it is not the whole.
    """

    model_config = ConfigDict(
        extra='forbid',
    )
    type: Literal['failed']
    problem: Problem


AnswerPart = TypeAliasType(
    "AnswerPart",
    Annotated[
        AnswerSources | AnswerText | AnswerDone | AnswerFailed,
        Field(description='One event of an answer.'),
    ],
)
