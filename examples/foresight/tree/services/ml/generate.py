"""Makes app/contract.py from the contract; `--check` only says whether it is up to date."""

import json
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


def definitions() -> dict[str, dict[str, object]]:
    """Of all files that pyproject.toml names; a name is unique in the whole contract."""
    manifest = tomllib.loads((HERE / "pyproject.toml").read_text("utf-8"))
    files: list[str] = manifest["tool"]["contract"]["schemas"]
    found: dict[str, dict[str, object]] = {}
    for name in files:
        text = (CONTRACT / f"schemas/{name}.yaml").read_text("utf-8")
        for other in files:
            text = text.replace(f"./{other}.yaml#/", "#/")
        found |= yaml.safe_load(text)["$defs"]
    return found


def without_samples(one: dict[str, object]) -> dict[str, object]:
    """Models need no samples; the tests read them where they stand."""
    return {key: part for key, part in one.items() if key not in {"examples", "x-invalid"}}


def main() -> int:
    if subprocess.run([sys.executable, str(CONTRACT / "lint.py")]).returncode:  # noqa: S603
        return 1
    check = "--check" in sys.argv[1:]
    code = models()
    if find_spec("generate_client"):
        code |= import_module("generate_client").main(check)
    if code and check:
        print("Run: python tasks.py generate", file=sys.stderr)
    return code


def models() -> int:
    with tempfile.TemporaryDirectory() as folder:
        schema = Path(folder) / "contract.json"
        known = {name: without_samples(one) for name, one in definitions().items()}
        schema.write_text(json.dumps({"$defs": known}), "utf-8")
        command = [sys.executable, "-W", "ignore", "-m", "datamodel_code_generator"]
        command += ["--input", str(schema), "--input-file-type", "jsonschema"]
        command += ["--output", "app/contract.py", *sys.argv[1:]]
        return subprocess.run(command, cwd=HERE).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
