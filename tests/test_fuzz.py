"""ci/fuzz for a bounded time, and both readers of manifests over the same bytes."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from program import ROOT

sys.path.insert(0, str(ROOT / "tests" / "fuzz"))

import agreement  # noqa: E402

SECONDS = os.environ.get("WSPCHECK_FUZZ_SECONDS", "20")
CORPUS = sorted((ROOT / "tests/corpus/manifests").glob("*/*.ini"))

pytestmark = pytest.mark.skipif(os.name == "nt", reason="built for Debian's clang")


def fuzz(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ROOT / "ci/fuzz", *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=900)


@pytest.fixture(scope="module")
def reader() -> Path:
    """The suite's reader, built for this machine."""
    done = fuzz("agreement")
    assert done.returncode == 0, done.stdout + done.stderr
    return ROOT / "build/fuzz/tree/manifest_reader"


@pytest.mark.parametrize("target", ["manifest", "packed_item"])
def test_nothing_is_found(target: str) -> None:
    done = fuzz(SECONDS, target)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{target}: " in done.stderr and "nothing found" in done.stderr


@pytest.mark.parametrize("arguments", [["0"], ["manifests"], ["-1"]])
def test_wrong_use(arguments: list[str]) -> None:
    done = fuzz(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(f"ci/fuzz: '{arguments[0]}', expected ")


def test_both_readers_agree_over_the_corpus(reader: Path) -> None:
    contents = [path.read_bytes() for path in CORPUS]
    answers = agreement.suite(reader, contents)
    assert len(answers) == len(contents) and sum(answer is not None for answer in answers) >= 25
    for path, data, answer in zip(CORPUS, contents, answers):
        assert agreement.disagreement(data, answer) is None, path


def test_a_file_that_a_fuzzer_takes_away_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "stays").write_bytes(b"[a]")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")  # listed, and not there when it is read
    assert agreement.found_so_far(tmp_path) == {tmp_path / "stays": b"[a]"}


def test_a_disagreement_is_seen() -> None:
    assert agreement.disagreement(CORPUS[0].read_bytes(), {"name": "another"}) is not None


PIECES = [b"=", b" = ", b",", b";", b"#", b"[", b"]", b"\n", b"\r\n", b"\r", b" ", b"\t", b"\0", b"0", b"0x",
          b"-1", b"provider", b"4294967295", b"4294967296", b"\xc2\xa0", b"\xe2\x80\xa8", b"\xc2\x85",
          b"\xf0\x9f\x98\x80", b"\xff", b"::", b".", b":0", b"%x%", b'"', b"\\", b"A=1", b"\xef\xbb\xbf",
          b"\x1c", b"\x0b", b"\x0c", b"DEFAULT", b"\xd9\xa1", b"e" * 4000]


def mutated(source: random.Random, data: bytes) -> bytes:
    """A manifest that is nearly the one it was: pieces put in, cut out, doubled, moved."""
    for _ in range(source.randint(1, 3)):
        at, to = sorted(source.randrange(len(data) + 1) for _ in range(2))
        to = min(to, at + 40)
        data = source.choice([
            lambda: data[:at] + source.choice(PIECES) + data[at:],
            lambda: data[:at] + source.choice(PIECES) + data[at + 1:],
            lambda: data[:at] + data[to:],
            lambda: data[:to] + data[at:to] + data[to:],
            lambda: data[:at] + bytes([source.randrange(256)]) + data[at + 1:],
        ])()
    return data


def test_both_readers_agree_over_manifests_made_from_the_corpus(reader: Path) -> None:
    source = random.Random("manifests")  # the same ones each time: what is found is found again
    originals = [path.read_bytes() for path in CORPUS]
    good = [path.read_bytes() for path in CORPUS if path.parent.name == "good"]
    made = [mutated(source, source.choice(source.choice([good, originals]))) for _ in range(4000)]
    answers = agreement.suite(reader, made)
    assert len(answers) == len(made)
    assert 100 < sum(answer is not None for answer in answers) < 3900
    for data, answer in zip(made, answers):
        assert (line := agreement.disagreement(data, answer)) is None, f"{data!r}: {line}"
