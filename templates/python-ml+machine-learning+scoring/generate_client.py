"""Makes app/client.py: a typed client for each document of contract/openapi that pyproject.toml names."""

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
OPENAPI = HERE / "../../contract/openapi"
TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
HEAD = "# Made from contract/openapi by `python tasks.py generate`: change it there."


def type_of(schema: Any, used: set[str]) -> str:
    if "$ref" in schema:
        used.add(name := schema["$ref"].split("/")[-1])
        return str(name)
    if schema["type"] == "array":
        return f"list[{type_of(schema['items'], used)}]"
    return TYPES[schema["type"]]


def method(described: Any, used: set[str]) -> list[str]:
    """Bodies and headers; teach it paths and queries when an operation that you call has them."""
    name = re.sub(r"(?<!^)([A-Z])", r"_\1", described["operationId"]).lower()
    words, sent = ["self"], [f'"{described["operationId"]}"']
    for media in described.get("requestBody", {}).get("content", {}).values():
        words.append(f"body: {type_of(media['schema'], used)}")
        sent.append("body=body")
    headers = []
    for parameter in described.get("parameters", []):
        if parameter.get("in") != "header":
            raise SystemExit(f"generate_client.py: {name} has a parameter that is no header")
        word = parameter["name"].replace("-", "_")
        kind = type_of(parameter["schema"], used)
        words.append(
            f"{word}: {kind}" if parameter.get("required") else f"{word}: {kind} | None = None"
        )
        headers.append(f'"{parameter["name"]}": {word}')
    if headers:
        words.insert(2 if len(sent) > 1 else 1, "*")
        sent.append(f"headers={{{', '.join(headers)}}}")
    answers = [
        one.get("content") for status, one in described["responses"].items() if status[0] == "2"
    ]
    answer = next(
        (type_of(next(iter(one.values()))["schema"], used) for one in answers if one), "None"
    )
    call = f"await self.call({', '.join(sent)})"
    return [
        f"    async def {name}({', '.join(words)}) -> {answer}:",
        f'        """{described.get("summary", name)}."""',
        f"        {call}"
        if answer == "None"
        else f"        return TypeAdapter({answer}).validate_json({call})",
    ]


def client() -> str:
    manifest = tomllib.loads((HERE / "pyproject.toml").read_text("utf-8"))
    used: set[str] = set()
    classes: list[str] = []
    for name in manifest["tool"]["contract"]["clients"]:
        document = yaml.safe_load((OPENAPI / f"{name}.yaml").read_text("utf-8"))
        title = document["info"]["title"]
        classes += ["", "", f"class {title.title().replace(' ', '')}(Caller):"]
        classes.append(f'    """{document["info"].get("description", title)}"""')
        for path, item in document["paths"].items():
            if "{" in path or "parameters" in item:
                raise SystemExit(f"generate_client.py: {path} has parameters")
            for described in item.values():
                classes += ["", *method(described, used)]
    head = [HEAD, "", "from app.caller import Caller"]
    if used:
        head.append(f"from app.contract import {', '.join(sorted(used))}")
    if any("TypeAdapter" in line for line in classes):
        head.append("from pydantic import TypeAdapter")
    return "\n".join([*head, *classes]) + "\n"


def main(check: bool) -> int:
    file = HERE / "app/client.py"
    if file.exists() and file.read_text("utf-8") == client():
        return 0
    if not check:
        file.write_text(client(), "utf-8")
    return int(check)
