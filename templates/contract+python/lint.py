"""Holds contract/ to PROFILE.md; every fault is told with file and line, as lint.ts tells it."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from posixpath import dirname, join, normpath

import yaml
from yaml import MappingNode, Node, ScalarNode, SequenceNode

CONTRACT = Path(__file__).resolve().parent
# Unquoted, these are one thing to Python (YAML 1.1) and another to Node (YAML 1.2).
AMBIGUOUS = re.compile(
    r"yes|no|on|off|[-+]?(0[ob]?\d+|[\d_.]+e\d+|\d+[_:][\d_:.]+)|\d{4}-\d\d?-\d\d?([t ].*)?",
    re.IGNORECASE,
)
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
SAMPLES = {"example", "examples", "x-invalid"}


def profile() -> dict[str, list[str]]:
    """The table of PROFILE.md."""
    document = (CONTRACT / "PROFILE.md").read_text("utf-8")
    rows = re.findall(r"^\| `(.+?)` \|(.*?)\|", document, re.MULTILINE)
    return {of: re.findall("`(.+?)`", allowed) for of, allowed in rows}


def lint() -> list[str]:
    found = sorted(path.relative_to(CONTRACT).as_posix() for path in CONTRACT.glob("*/*.yaml"))
    roots = {file: yaml.compose((CONTRACT / file).read_text("utf-8")) for file in found}
    return [
        f"contract/{file}:{number}: {what}"
        for file in found
        for number, what in sorted(set(File(file, roots, profile()).faults))
    ]


def items(node: Node | None) -> list[Node]:
    return node.value if isinstance(node, SequenceNode) else []


def pairs(node: Node | None) -> list[tuple[Node, Node]]:
    return node.value if isinstance(node, MappingNode) else []


def keys(node: Node | None) -> list[str]:
    return [key.value for key, _ in pairs(node)]


def get(node: Node | None, *path: str) -> Node | None:
    for name in path:
        node = next((value for key, value in pairs(node) if key.value == name), None)
    return node


def text(node: Node | None) -> str:
    return node.value if node and node.tag == "tag:yaml.org,2002:str" else ""


def line(node: Node) -> int:
    """A map begins with its first key."""
    parts = [key for key, _ in pairs(node)] or items(node)
    return line(parts[0]) if parts else node.start_mark.line + 1


class File:
    def __init__(
        self, name: str, roots: dict[str, Node | None], profile: dict[str, list[str]]
    ) -> None:
        self.name = name
        self.roots = roots
        self.profile = profile
        self.faults: list[tuple[int, str]] = []
        root = roots[name]
        if root:
            self.walk(root, sample=False)
        self.operations(get(root, "paths"))
        for _, definition in pairs(get(root, "$defs")):
            self.visit(definition)

    def fault(self, at: Node, what: str) -> None:
        self.faults.append((line(at), what))

    def target(self, reference: str) -> Node | None:
        found = re.fullmatch(r"(\.[^#]+)?#/(.+)", reference)
        if not found:
            return None
        file = normpath(join(dirname(self.name), found[1])) if found[1] else self.name
        path = [key.replace("~1", "/").replace("~0", "~") for key in found[2].split("/")]
        return get(self.roots.get(file), *path)

    def walk(self, node: Node, sample: bool) -> None:
        """What holds for everything that stands in a file."""
        for item in items(node):
            self.walk(item, sample)
        if isinstance(node, ScalarNode) and not node.style and AMBIGUOUS.fullmatch(node.value):
            self.fault(node, f"{node.value} is quoted: Node and Python read it differently")
        seen: set[str] = set()
        for key, value in pairs(node):
            if key.value in seen:
                self.fault(key, f"{key.value} stands twice")
            seen.add(key.value)
            self.walk(key, sample)
            self.walk(value, sample or key.value in SAMPLES)
        if sample:
            return
        reference = text(get(node, "$ref"))
        if reference and not self.target(reference):
            self.fault(node, f"{reference} leads nowhere")
        inline = get(node, "schema") or get(node, "payload")
        if not inline or self.name.startswith("schemas/"):
            return
        self.visit(inline, self.profile["parameter"] if "in" in seen else ())
        required = get(node, "required")
        if required and required.value == "true" and get(inline, "default"):
            self.fault(inline, "what is required has no default")

    def operations(self, paths: Node | None) -> None:
        seen = {""}
        for method, operation in (pair for _, path in pairs(paths) for pair in pairs(path)):
            if method.value in METHODS:
                name = get(operation, "operationId")
                if text(name) in seen:
                    self.fault(name or method, "every operation has an operationId of its own")
                seen.add(text(name))

    def visit(self, node: Node, more: Sequence[str] = ()) -> None:
        if not isinstance(node, MappingNode):
            return self.fault(node, "a schema is a map")
        said = keys(node)
        kind = next((key for key in ("$ref", "oneOf") if key in said), "")
        of = kind or self.type_of(node)
        allowed = [*self.profile.get(of, []), *([] if kind else [*self.profile["any"], *more])]
        for key, _ in pairs(node) if of else []:
            if key.value not in allowed:
                beyond = f"{key.value} is not in the profile of {of}"
                self.fault(key, f"{beyond} (see contract/PROFILE.md)")
        if of == "oneOf":
            self.union(node)
        elif of == "object":
            self.object(node)
        elif of == "array" and "items" not in said:
            self.fault(node, "items is always said")
        if of == "array" and (inner := get(node, "items")):
            self.visit(inner)
        named = get(node, "format")
        if named and named.value not in self.profile["format"]:
            self.fault(named, f"format is one of {', '.join(self.profile['format'])}")

    def type_of(self, node: Node) -> str:
        said = get(node, "type")
        types = [text(one) for one in items(said)] or [text(said)]
        if said and types[1:] not in ([], ["null"]):
            self.fault(said, "two types are a type and null, in this order: [string, 'null']")
        if types[0] in self.profile["type"]:
            return types[0]
        self.fault(node, f"type is one of {', '.join(self.profile['type'])}")
        return ""

    def union(self, node: Node) -> None:
        for variant in items(get(node, "oneOf")):
            found = self.target(text(get(variant, "$ref")))
            tag = text(get(found, "properties", "type", "const"))
            required = map(text, items(get(found, "required")))
            if not tag or "type" not in required:
                wanted = "a variant of oneOf is a $ref to an object that requires a constant `type`"
                self.fault(variant, wanted)

    def object(self, node: Node) -> None:
        rest = get(node, "additionalProperties")
        if not rest:
            self.fault(node, "additionalProperties is always said")
        if isinstance(rest, MappingNode):
            self.visit(rest)
        properties = get(node, "properties")
        for _, value in pairs(properties):
            self.visit(value)
        for name in items(get(node, "required")):
            if name.value not in keys(properties):
                self.fault(name, f"{name.value} is required and not described")


if __name__ == "__main__":
    sys.exit("\n".join(lint()) or 0)
