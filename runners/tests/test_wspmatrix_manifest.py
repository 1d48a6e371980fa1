from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wspmatrix.manifest import KEYS_OF_ENTRY, Entry, ManifestError, read, resolve

CORPUS = Path(__file__).resolve().parents[2] / "tests" / "corpus" / "manifests"
GOOD = sorted((CORPUS / "good").glob("*.ini"))
BAD = sorted((CORPUS / "bad").glob("*.ini"))


def test_the_corpus_is_there() -> None:
    assert len(GOOD) >= 25 and len(BAD) >= 100
    assert {path.stem for path in GOOD} == {path.stem for path in (CORPUS / "good").glob("*.json")}
    assert {path.stem for path in BAD} == {path.stem for path in (CORPUS / "bad").glob("*.expect")}


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good(path: Path) -> None:
    wanted = json.loads(path.with_suffix(".json").read_text("utf-8"))
    manifest = read(path)
    resolve([manifest])
    provider = wanted["provider"]
    assert (manifest.name, manifest.dll, str(manifest.guid)) == (
        provider["name"], provider["dll"], provider["guid"].strip("{}").lower())
    assert manifest.environment == provider.get("environment", {})
    assert [entry.section for entry in manifest.entries] == list(wanted["entries"])
    for entry in manifest.entries:
        assert entry.full_name == f"{manifest.name}.{entry.section}"
        assert _told(entry) == wanted["entries"][entry.section]


def _told(entry: Entry) -> dict[str, object]:
    more = {"over": entry.over, "transparent": int(entry.transparent), "environment": entry.environment}
    return entry.values | {key: value for key, value in more.items() if value}


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad(path: Path) -> None:
    line, key = path.with_suffix(".expect").read_text("utf-8").splitlines()
    with pytest.raises(ManifestError) as caught:
        resolve([read(path)])
    error, message = caught.value, str(caught.value)
    assert int(line) in (0, error.line)
    assert key in ("-", error.key)
    assert message.isprintable() and "; expected " in message
    assert message.startswith(f"{error.path}:{error.line}: " if error.line else f"{error.path}: ")
    assert key == "-" or f"{key}: " in message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="No such file"):
        read(tmp_path / "none.ini")
    with pytest.raises(ManifestError, match="directory"):
        read(tmp_path)


def _write(path: Path, over: str, fields: str = "") -> Path:
    path.write_text(
        f"[provider]\nname = {path.stem}\ndll = x.dll\nguid = {{5b1f7f4e-0000-0000-0000-000000000001}}\n"
                    f"entries = one\n[one]\n{over}\n{fields}", "utf-8")
    return path


FIELDS = "protocol = p\nfamily = 2\nsocket_type = 1\nprotocol_number = 6\nservice_flags = 0x1a6\n"


def test_over_is_looked_for_in_this_manifest_the_others_beside_and_in_folders(tmp_path: Path) -> None:
    far, folder = tmp_path / "far", tmp_path / "folder"
    far.mkdir()
    folder.mkdir()
    top = read(_write(tmp_path / "top.ini", "over = low.one"))
    with pytest.raises(ManifestError, match='over: "low.one" is nowhere'):
        resolve([top])
    assert resolve([top], installed=["low.one"])["top.one"].values == {}
    low = read(_write(far / "low.ini", FIELDS))
    assert resolve([top, low])["top.one"].values["protocol"] == "p"
    top = read(tmp_path / "top.ini")
    _write(folder / "low.ini", FIELDS.replace("= p", "= q"))
    assert resolve([top], folders=[folder])["top.one"].values["protocol"] == "q"
    top = read(tmp_path / "top.ini")
    _write(tmp_path / "low.ini", FIELDS.replace("= p", "= r"))
    assert resolve([top], folders=[folder])["top.one"].values["protocol"] == "r"


def test_over_never_leaves_the_folders(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    _write(tmp_path / "low.ini", FIELDS)
    for name in ("../low", "..\\low", str(tmp_path / "low")):
        with pytest.raises(ManifestError, match="is nowhere"):
            resolve([read(_write(inside / "top.ini", f"over = {name}.one"))])


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_in_one_line(tmp_path_factory: pytest.TempPathFactory,
                                                   data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.ini"
    path.write_bytes(data)
    with pytest.raises(ManifestError) as caught:
        read(path)
    assert str(caught.value).isprintable()


@given(st.lists(st.sampled_from([
    "[provider]", "[one]", "[two]", "name = x", "dll = x.dll", "entries = one", "entries = one, two", "",
    "guid = {5b1f7f4e-0000-0000-0000-000000000001}", " ", "; comment", "over = x.one",
    *(f"{key} = 1" for key in KEYS_OF_ENTRY),
]), max_size=30))
def test_any_order_of_known_lines_gives_a_manifest_or_one_error(tmp_path_factory: pytest.TempPathFactory,
                                                               some: list[str]) -> None:
    path = tmp_path_factory.getbasetemp() / "any.ini"
    path.write_text("\n".join(some), "utf-8")
    try:
        manifest = read(path)
        resolve([manifest])
    except ManifestError as error:
        assert str(error).isprintable()
    else:
        assert manifest.name == "x" and {entry.section for entry in manifest.entries} <= {"one", "two"}
