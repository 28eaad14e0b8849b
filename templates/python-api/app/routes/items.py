"""The sample resource: replace it, app/store.py and contract/*/items.yaml by your own."""

from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, FastAPI, Header, HTTPException, Query, Request, Response
from pydantic import BaseModel

from app.config import read
from app.contract import Item, ItemChange, Items, NewItem
from app.operations import serve
from app.store import Store

router = APIRouter(tags=["items"])
Cursor = Annotated[str | None, Query(pattern="^[0-9]{1,15}$")]
Limit = Annotated[int, Query(ge=1, le=200)]
Key = Annotated[str | None, Header(min_length=1, max_length=64)]


class Settings(BaseModel):
    database: Path = Path("data/items.sqlite")


def prepare(app: FastAPI) -> None:
    app.state.store = Store(read(Settings, app.state.environ).database)


def store(request: Request) -> Store:
    found: Store = request.app.state.store
    return found


def present(item: Item | None) -> Item:
    if not item:
        raise HTTPException(404, "There is no item with this id.")
    return item


@serve(router, "listItems")
async def list_items(request: Request, cursor: Cursor = None, limit: Limit = 50) -> Items:
    return store(request).page(int(cursor) if cursor else None, limit)


@serve(router, "addItem", status_code=201)
async def add_item(
    new: NewItem, request: Request, response: Response, idempotency_key: Key = None
) -> Item:
    given = new.model_dump()
    item = store(request).add(new.title, given.get("done", False), idempotency_key)
    response.headers["location"] = f"{request.url.path}/{item.id}"
    return item


@serve(router, "readItem")
async def read_item(id: UUID, request: Request) -> Item:
    return present(store(request).get(id))


@serve(router, "changeItem")
async def change_item(id: UUID, change: ItemChange, request: Request) -> Item:
    given: dict[str, Any] = change.model_dump()
    return present(store(request).change(id, given.get("title"), given.get("done")))


@serve(router, "removeItem", status_code=204, response_class=Response)
async def remove_item(id: UUID, request: Request) -> None:
    if not store(request).remove(id):
        raise HTTPException(404, "There is no item with this id.")
