"""Makes app/contract.py, and what is apart, from the contract; `--check` only says whether it is up to date."""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import yaml

HERE = Path(__file__).parent
CONTRACT = HERE / "../../contract"


Definitions = dict[str, dict[str, object]]


def modules() -> dict[str, list[str]]:
    """The modules of app/ that are made, each with its files of contract/schemas: pyproject.toml names them."""
    named = tomllib.loads((HERE / "pyproject.toml").read_text("utf-8"))["tool"]["contract"]
    return {"contract": named["schemas"]} | {f"contract_{n}": [n] for n in named.get("apart", [])}


def definitions() -> Definitions:
    """Of all modules; a name is unique in the whole contract."""
    found: Definitions = {}
    for files in modules().values():
        for name in files:
            found |= read(name)
    return found


def read(file: str) -> Definitions:
    text = (CONTRACT / f"schemas/{file}.yaml").read_text("utf-8")
    found: Definitions = yaml.safe_load(re.sub(r"\./\w+\.yaml#/", "#/", text))["$defs"]
    return found


def needed(files: list[str]) -> Definitions:
    """What the files define, and of other files what that refers to."""
    everything = definitions()
    names = [name for file in files for name in read(file)]
    for name in names:
        referred = re.findall(r"#/\$defs/(\w+)", json.dumps(everything[name]))
        names += [one for one in dict.fromkeys(referred) if one not in names]
    return {name: everything[name] for name in names}


def without_samples(one: dict[str, object]) -> dict[str, object]:
    """Models need no samples; the tests read them where they stand."""
    return {key: part for key, part in one.items() if key not in {"examples", "x-invalid"}}


def main() -> int:
    if subprocess.run([sys.executable, str(CONTRACT / "lint.py")]).returncode:  # noqa: S603
        return 1
    check = "--check" in sys.argv[1:]
    code = max([models(*module) for module in modules().items()])
    if find_spec("generate_client"):
        code |= import_module("generate_client").main(check)
    if code and check:
        print("Run: python tasks.py generate", file=sys.stderr)
    return code


def models(module: str, files: list[str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        schema = Path(folder) / "contract.json"
        known = {name: without_samples(one) for name, one in needed(files).items()}
        schema.write_text(json.dumps({"$defs": known}), "utf-8")
        command = [sys.executable, "-W", "ignore", "-m", "datamodel_code_generator"]
        command += ["--input", str(schema), "--input-file-type", "jsonschema"]
        command += ["--output", f"app/{module}.py", *sys.argv[1:]]
        return subprocess.run(command, cwd=HERE).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
