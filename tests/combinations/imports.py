"""Reads Python files, one a line as JSON text: what each imports and defines, or what is wrong with it."""

import ast
import json
import symtable
import sys


def imports(text: str) -> list[tuple[int, str, list[str]]]:
    """Level (dots), module, names: `import a.b` is (0, "a.b", [])."""
    found: list[tuple[int, str, list[str]]] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found += [(0, alias.name, []) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append((node.level, node.module or "", [alias.name for alias in node.names]))
    return found


def defined(text: str) -> list[str]:
    """What others may import from the file."""
    symbols = symtable.symtable(text, "file", "exec").get_symbols()
    return [one.get_name() for one in symbols if one.is_assigned() or one.is_imported() or one.is_namespace()]


print(json.dumps(sorted(sys.stdlib_module_names)), flush=True)
for line in sys.stdin:
    text = json.loads(line)
    try:
        answer = {"Ok": {"imports": imports(text), "defined": defined(text)}}
    except SyntaxError as error:
        answer = {"Err": f"line {error.lineno}: {error.msg}"}
    print(json.dumps(answer), flush=True)
