"""Where the data lies, and how much of the machine the pipeline may take."""

from pathlib import Path

from pydantic import BaseModel, Field


class Settings(BaseModel):
    data_folder: Path = Path("data")
    pipeline_every: float = Field(default=10, ge=0)
    """In seconds; 0: never by itself."""
    pipeline_memory: str = Field(default="256MB", pattern=r"^[0-9]+(MB|GB)$")
    pipeline_threads: int = Field(default=2, ge=1)
    dask_scheduler: str = ""
    """Its address, such as tcp://127.0.0.1:8786; empty: all is done in this process."""
    inbox_limit: int = Field(default=1 << 30, ge=1)
    """In bytes: with more waiting for the pipeline no event is accepted."""
    questions: int = Field(default=4, ge=1)
    """So many to the tables at once; they share as much memory as the pipeline may take."""
    question_seconds: float = Field(default=8, gt=0)
    """So long one may take; callers give up after 10."""
    answers_kept: int = Field(default=16 << 20, ge=0)
    """In bytes: the last answers, for whoever asks the same."""
