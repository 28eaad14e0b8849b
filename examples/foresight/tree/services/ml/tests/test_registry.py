"""What lies in the folder is whole and known, or refused; what was in service can come back."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from server import SERVICE

from app.disk import sha256
from app.place import place
from app.registry import ModelError, Registry
from app.release import main, promote, roll_back, shadow


@pytest.fixture
def registry(models: Path, tmp_path: Path) -> Registry:
    shutil.copytree(models, tmp_path / "models")
    return Registry(tmp_path / "models")


@pytest.fixture
def version(registry: Registry) -> str:
    found = registry.current()
    assert found
    return found


def another(registry: Registry, more: bytes = b"\n") -> str:
    """A sound model of other bytes: a field that no reader knows is left alone."""
    graph, manifest = registry.in_service()
    graph += b"\xfa\x3e\x01" + more[:1]  # protobuf: field 1007, one byte long
    card = manifest.model_copy(update={"sha256": sha256(graph), "version": sha256(graph)[:12]})
    registry.publish(graph, card, "")
    return card.version


def test_what_is_published_is_not_in_service_yet(registry: Registry, version: str) -> None:
    other = another(registry)
    assert registry.versions() == sorted([version, other])
    assert registry.current() == version
    assert (registry.folder / other / "report.html").exists()
    assert not list(registry.folder.rglob(".*"))


def test_goes_back_step_by_step(registry: Registry, version: str) -> None:
    second, third = another(registry, b"2"), another(registry, b"3")
    registry.promote(second)
    registry.promote(third)
    registry.promote(third)
    assert [registry.roll_back(), registry.current()] == [second, second]
    registry.promote(third)
    assert [roll_back(registry), roll_back(registry)] == [second, version]
    with pytest.raises(ModelError, match="no model to go back to"):
        roll_back(registry)
    assert registry.current() == version


def test_goes_back_rightly_after_a_kill(registry: Registry, version: str) -> None:
    second, third = another(registry, b"2"), another(registry, b"3")
    registry.promote(second)
    (registry.folder / "current").write_text(third)  # killed in `promote`, before its note
    assert registry.before() == second
    registry.promote(second)
    registry.promote(third)
    registry.note(f"{second} rolled-back")  # killed in `roll_back`, before its change
    assert registry.roll_back() == second
    assert registry.roll_back() == version


def begin(registry: Registry, work: str, *words: str) -> subprocess.Popen[str]:
    """Another process, with the registry and the words at hand."""
    script = f"""
import sys
from pathlib import Path
from app.registry import Registry
from app.release import promote
registry, words = Registry(Path(sys.argv[1])), sys.argv[2:]
{work}"""
    command = [sys.executable, "-c", script, str(registry.folder), *words]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=SERVICE, text=True, stdin=pipe, stdout=pipe)  # noqa: S603


def test_two_that_promote_at_once_take_turns(registry: Registry) -> None:
    versions = [another(registry, bytes([number])) for number in range(40)]
    work = "for version in words: promote(registry, version, 'it is tried')"
    with (
        begin(registry, work, *versions[::2]) as one,
        begin(registry, work, *versions[1::2]) as two,
    ):
        assert [one.wait(60), two.wait(60)] == [0, 0]
    told = [line.split()[1] for line in registry.history().splitlines()[1:]]
    assert sorted(told) == sorted(versions)
    assert told[-1] == registry.current()


def test_waits_no_longer_than_it_has_patience(
    registry: Registry, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not at all for one that was killed."""
    monkeypatch.setattr("app.registry.PATIENCE", 0.2)
    other = another(registry)
    work = "with registry.alone(): print('alone', flush=True); sys.stdin.read()"
    with begin(registry, work) as process:
        assert process.stdout
        assert process.stdout.readline() == "alone\n"
        for change in (lambda: promote(registry, other), lambda: roll_back(registry)):
            with pytest.raises(ModelError, match="try again"):
                change()
        assert registry.current() == version
        process.kill()
        process.wait()
        promote(registry, other)
    assert registry.current() == other


@pytest.mark.parametrize("damage", ["graph", "manifest", "no graph", "no manifest", "another's"])
def test_refuses_what_is_damaged_or_foreign(registry: Registry, version: str, damage: str) -> None:
    other = another(registry)
    graph, card = registry.folder / other / "model.onnx", registry.folder / other / "manifest.json"
    match damage:
        case "graph":
            graph.write_bytes(graph.read_bytes()[:-1] + b"\0")
        case "manifest":
            card.write_bytes(card.read_bytes()[:-9])
        case "no graph":
            graph.unlink()
        case "no manifest":
            card.unlink()
        case "another's":
            shutil.copytree(registry.folder / version, graph.parent, dirs_exist_ok=True)
    for use in (registry.promote, registry.set_shadow, registry.load):
        with pytest.raises(ModelError, match=other):
            use(other)
    with pytest.raises(ModelError, match=other):
        promote(registry, other, "I know better")
    assert registry.current() == version
    assert registry.shadow() is None


def test_refuses_a_model_that_answers_otherwise(registry: Registry, version: str) -> None:
    graph, manifest = registry.load(another(registry))
    manifest.golden[0].value += 1
    registry.publish(graph, manifest, "")
    with pytest.raises(ModelError, match="answers otherwise"):
        promote(registry, manifest.version, "I know better")
    assert registry.current() == version


@pytest.mark.parametrize("name", ["../outside", "/etc", "current", "", ".", "A" * 12, "a" * 13])
def test_a_name_never_leaves_the_folder(registry: Registry, version: str, name: str) -> None:
    shutil.copytree(registry.folder / version, registry.folder.parent / "outside")
    (registry.folder / "shadow").write_text(name or " ")
    for use in (registry.promote, registry.load):
        with pytest.raises(ModelError, match="is no version"):
            use(name)
    if name:
        with pytest.raises(ModelError, match="is no version"):
            registry.shadow()
    assert registry.current() == version


def test_a_folder_may_be_anywhere(models: Path) -> None:
    """As far away as memory, which is reached by the same calls as a store in the network."""
    far = Registry(place(f"memory://{models.name}"))
    graph, manifest = Registry(models).in_service()
    far.publish(graph, manifest, "")
    promote(far, manifest.version)
    assert far.in_service() == (graph, manifest)
    other = another(far)
    shadow(far, other)
    assert (far.versions(), far.shadow()) == (sorted([manifest.version, other]), other)
    promote(far, other)
    assert (far.shadow(), roll_back(far)) == (None, manifest.version)
    (far.folder / other / "model.onnx").write_bytes(graph)
    with pytest.raises(ModelError, match="not the one that was trained"):
        far.promote(other)


def test_commands(
    registry: Registry,
    version: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = another(registry)

    def run(*words: str, code: int = 0) -> str:
        monkeypatch.setattr("sys.argv", ["models", "--models", str(registry.folder), *words])
        assert main() == code
        said = capsys.readouterr()
        return said.out + said.err

    (line,) = [line for line in run("list").splitlines() if version in line]
    assert line.endswith("in service")
    assert other in run("shadow", other)
    assert registry.shadow() == other
    assert "shadow" in run("list")
    run("promote", other)
    assert (registry.current(), registry.shadow()) == (other, None)
    assert version in run("rollback")
    run("shadow", other)
    run("shadow", "--off")
    assert registry.shadow() is None
    assert run("verify").count("sound") == 2
    (registry.folder / other / "model.onnx").write_bytes(b"")
    assert "not the one that was trained" in run("verify", code=1)
    assert "not the one that was trained" in run("list")
    assert "error: " in run("promote", other, code=1)
