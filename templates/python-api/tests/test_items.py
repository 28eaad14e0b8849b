"""The sample resource, from its making to its end."""

from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from app.contract import Item, Items, Problem
from app.main import create_app
from app.operations import operations

ITEMS = operations()["listItems"].path


@pytest.fixture
def client(environ: dict[str, str]) -> TestClient:
    return TestClient(create_app(environ))


def add(client: TestClient, title: str) -> Item:
    return Item.model_validate_json(client.post(ITEMS, json={"title": title}).content)


def page(client: TestClient, query: str) -> Items:
    return Items.model_validate_json(client.get(f"{ITEMS}?{query}").content)


def test_an_item_is_made_read_changed_and_removed(client: TestClient) -> None:
    made = client.post(ITEMS, json={"title": "Write"})
    assert made.status_code == 201
    own = made.headers["location"]
    assert client.get(own).json() == made.json()
    assert client.patch(own, json={"done": True}).json() == made.json() | {"done": True}
    assert client.delete(own).status_code == 204
    assert client.get(own).status_code == client.delete(own).status_code == 404


def test_the_newest_come_first_page_by_page(client: TestClient) -> None:
    for title in ("one", "two", "three"):
        add(client, title)
    first = page(client, "limit=2")
    second = page(client, f"limit=2&cursor={first.next}")
    titles = [item.title for item in (*first.items, *second.items)]
    assert titles == ["three", "two", "one"]
    assert "next" not in client.get(f"{ITEMS}?limit=2&cursor={first.next}").json()


@pytest.mark.parametrize("body", [{}, {"title": " "}, {"title": "a", "more": 1}, {"title": 1}])
def test_what_breaks_the_contract_is_refused(client: TestClient, body: dict[str, Any]) -> None:
    answer = client.post(ITEMS, json=body)
    assert answer.status_code == Problem.model_validate_json(answer.content).status == 422
    assert page(client, "").items == []


def test_so_is_what_is_no_id_or_no_cursor(client: TestClient) -> None:
    assert client.get(f"{ITEMS}/no-uuid").status_code == 422
    assert client.get(f"{ITEMS}?cursor=x").status_code == 422
    assert client.get(f"{ITEMS}/{uuid4()}").status_code == 404


def test_a_repetition_with_the_same_key_makes_nothing_new(client: TestClient) -> None:
    keys = ["k", "k", "other"]
    made = [client.post(ITEMS, json={"title": "a"}, headers={"idempotency-key": k}) for k in keys]
    assert made[0].json() == made[1].json() != made[2].json()
    assert len(page(client, "").items) == 2
