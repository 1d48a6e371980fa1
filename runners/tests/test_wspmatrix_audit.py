from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from wspmatrix_samples import HOSTILE, run, write

from wspmatrix import statements
from wspmatrix.audit.verify import figures_of
from wspmatrix.cli import main
from wspmatrix.reader import Log, load

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "ci" / "bench.d"))

import bench_records  # noqa: E402

SAMPLE: dict[str, dict[str, Any]] = {
    "bridge.tcp4": {
        "send_disconnect.not_connected": "pass",
        "send_disconnect.not_socket.file": {"verdict": "fail", "statements": ["SD-09", "X-02"],
                                            "expected": "SOCKET_ERROR WSAENOTSOCK",
                                            "observed": "SOCKET_ERROR WSAEOPNOTSUPP"},
        "send_disconnect.network_down": {"verdict": "unreached", "statements": ["SD-03"], "observed": "",
                                         "reason": "no fault interface"},
        "recv_disconnect.data": {"verdict": "skip", "statements": ["RD-11"], "reason": "no disconnect data"},
        "recv_disconnect.never": None,
    },
    "bridge.udp4": {"send_disconnect.not_connected": {"verdict": "pass", "grade": "observed",
                                                      "statements": ["X-24"]}},
}


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no expectations lie by themselves: those of this repository are not what is tested here."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def records(tmp_path: Path) -> Path:
    return write(tmp_path / "wine-8.0-x64.jsonl", run(SAMPLE))


@pytest.fixture
def audit(tmp_path: Path, records: Path) -> Callable[..., Path]:
    def make(name: str = "evidence", *options: str, of: Path | None = None) -> Path:
        assert main(["audit", str(of or records), "-o", str(tmp_path / name), "--no-pdf", *options]) in (0, 1)
        return tmp_path / name
    return make


def report(folder: Path) -> str:
    return (folder / "report.html").read_text("utf-8")


def root_hash(text: str) -> str:
    match = re.search(r"root hash:? (\w{64})", text)
    assert match
    return match[1]


def resum(folder: Path) -> None:
    """What an editor does who knows of the list of hashes."""
    names = sorted(path.name for path in folder.iterdir() if path.name != "SHA256SUMS")
    sums = subprocess.run(["sha256sum", *names], cwd=folder, capture_output=True, text=True, check=True)
    (folder / "SHA256SUMS").write_text(sums.stdout)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_the_report_says_what_was_tested_and_what_came_of_it(audit: Callable[..., Path]) -> None:
    figures = figures_of(report(audit()))
    for said in ("SOCKET_ERROR WSAEOPNOTSUPP", "ab" * 32, "1a2b3c4", "none for this suite version",
                 "not recorded",
                 "2 red among 6 verdicts on 2 entries: 1 fail, 1 missing, 1 unreached, 2 pass, 1 skip.",
                 "bridge.tcp4 (line 4)", "none: nobody gave a reason", "fail 1 fail", "kept 1 pass",
                 "observed 1 pass"):
        assert said in figures
    assert any("no fault interface" in figure for figure in figures)
    assert any("no disconnect data" in figure for figure in figures)


@pytest.mark.parametrize(("signature", "wine", "said"), [
    (None, "8.0", "not recorded: the suite could not tell, or is too old to look"),
    ("none", "8.0", "none in the file; a security catalog of the system was not asked"),
    ("Acme Inc., trusted", "8.0", "Acme Inc., trusted; as Wine judges, which trusts more than Windows does"),
    ("Acme Inc., not trusted (0x80096010)", None, "Acme Inc., not trusted (0x80096010)"),
    ("<script>", None, "<script>")])
def test_the_report_says_who_signed_and_on_which_kernel(tmp_path: Path, audit: Callable[..., Path],
                                                        signature: str | None, wine: str | None,
                                                        said: str) -> None:
    records = run(SAMPLE, wine=wine, kernel="Linux 6.1.0-9")
    records[1:] = [one | {"signature": signature} if one["record"] == "provider" else one for one in records[1:]]
    figures = figures_of(report(audit(of=write(tmp_path / "signed.jsonl", records))))
    assert said in figures and "Linux 6.1.0-9" in figures


def test_each_figure_of_the_evidence_stands_in_the_line_it_names(audit: Callable[..., Path]) -> None:
    folder = audit()
    lines = (folder / "records.jsonl").read_text("utf-8").splitlines()
    page = report(folder).replace("<wbr>", "")
    case, number = re.search(r"(send_disconnect\.not_socket\.file)</bdi></th>.*number\">(\d+)</td>",
                             page).groups()  # type: ignore[union-attr]
    assert json.loads(lines[int(number) - 1])["case"] == case


def test_the_same_run_gives_the_same_folder(audit: Callable[..., Path]) -> None:
    one, two = audit("one"), audit("two")
    assert {path.name: path.read_bytes() for path in one.iterdir()} == \
        {path.name: path.read_bytes() for path in two.iterdir()}


def test_of_two_audits_at_once_one_is_made_whole_and_one_refused(tmp_path: Path, records: Path) -> None:
    command = [sys.executable, "-m", "wspmatrix", "audit", records, "-o", tmp_path / "both", "--no-pdf"]
    started = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                env=os.environ | {"PYTHONPATH": str(ROOT / "runners")}) for _ in range(4)]
    told = [process.communicate(timeout=60)[1].splitlines() for process in started]
    # The sample misses a verdict, but it is no damaged file.
    assert sorted(process.returncode for process in started) == [0, 2, 2, 2]
    refused = f"wspmatrix: {tmp_path / 'both'}: is there already; expected a new or an empty folder"
    assert [lines[-1] for lines in told if refused in lines] == [refused] * 3
    assert main(["verify", str(tmp_path / "both")]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["both", records.name]


def test_an_untouched_folder_verifies_with_the_printed_root(audit: Callable[..., Path], records: Path,
                                                            tmp_path: Path,
                                                            capsys: pytest.CaptureFixture[str]) -> None:
    folder = audit()
    root = root_hash(capsys.readouterr().out)
    assert main(["verify", str(folder), "--root", root]) == 0
    moved = tmp_path / "elsewhere"
    shutil.move(folder, moved)
    assert main(["verify", str(moved), "--root", root]) == 0


def test_sha256sum_agrees(audit: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    folder = audit()
    root = root_hash(capsys.readouterr().out)
    subprocess.run(["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=folder, check=True, capture_output=True)
    said = subprocess.run(["sha256sum", "SHA256SUMS"], cwd=folder, check=True, capture_output=True, text=True)
    assert said.stdout.split()[0] == root


def changed_verdict(folder: Path) -> None:
    edit(folder / "records.jsonl", '"verdict":"fail"', '"verdict":"pass"')


def removed_record(folder: Path) -> None:
    lines = (folder / "records.jsonl").read_text("utf-8").splitlines(keepends=True)
    (folder / "records.jsonl").write_text("".join(line for line in lines if "not_socket.file\"" not in line
                                                  or '"asked"' in line), "utf-8")


def changed_answer(folder: Path) -> None:
    edit(folder / "records.jsonl", "SOCKET_ERROR WSAEOPNOTSUPP", "SOCKET_ERROR WSAENOTSOCK")


def changed_figure(folder: Path) -> None:
    edit(folder / "report.html", "<strong>2 red</strong>", "<strong>0 red</strong>")


def changed_wording(folder: Path) -> None:
    edit(folder / "report.html", "Summary</h2>", "All is well</h2>")


def hidden_figure(folder: Path) -> None:
    edit(folder / "report.html", "<body>", "<body><!--")


def missing_file(folder: Path) -> None:
    (folder / "statements.json").unlink()


def additional_file(folder: Path) -> None:
    (folder / "expectations-999-mine.toml").write_text(
        '[[expectation]]\nenvironment = "*"\nentry = "*"\ncase = "*"\nverdict = "fail"\n'
        'observed = "SOCKET_ERROR WSAEOPNOTSUPP"\nreason = "fine"\nowner = "me"\n')


def changed_statement(folder: Path) -> None:
    edit(folder / "statements.json", "the descriptor is not a socket", "anything may happen")


EDITS = [changed_verdict, removed_record, changed_answer, changed_figure, changed_wording, hidden_figure,
         missing_file,
         additional_file, changed_statement]


@pytest.mark.parametrize("change", EDITS)
def test_an_edit_is_found(audit: Callable[..., Path], change: Callable[[Path], None]) -> None:
    folder = audit()
    change(folder)
    assert main(["verify", str(folder)]) == 1


@pytest.mark.parametrize("change", [edit for edit in EDITS if edit is not missing_file])
def test_an_edit_whose_hashes_were_made_anew_is_found_too(audit: Callable[..., Path],
                                                          change: Callable[[Path], None]) -> None:
    folder = audit()
    change(folder)
    resum(folder)
    assert main(["verify", str(folder)]) == 1


def test_only_the_root_hash_finds_what_was_edited_everywhere(audit: Callable[..., Path], tmp_path: Path,
                                                             capsys: pytest.CaptureFixture[str]) -> None:
    root = root_hash((audit(), capsys.readouterr().out)[1])
    better = SAMPLE["bridge.tcp4"] | {"send_disconnect.not_socket.file": "pass"}
    forged = run(SAMPLE | {"bridge.tcp4": better})
    other = audit("forged", of=write(tmp_path / "forged.jsonl", forged))
    assert main(["verify", str(other)]) == 0
    assert main(["verify", str(other), "--root", root]) == 1


def test_a_report_of_another_version_is_compared_by_its_figures(audit: Callable[..., Path],
                                                                capsys: pytest.CaptureFixture[str]) -> None:
    folder = audit()
    edit(folder / "audit.json", '"wspmatrix": "', '"wspmatrix": "0.0.')
    edit(folder / "report.html", "wspmatrix ", "wspmatrix 0.0.")
    edit(folder / "report.html", re.search(r"audit\.json</th><td data-figure><code>(\w+)", report(folder))[1],
         # type: ignore[index]
         subprocess.run(["sha256sum", "audit.json"], cwd=folder, capture_output=True,
                        text=True).stdout.split()[0])
    edit(folder / "report.html", "<h2>Summary</h2>", "<h2>In short</h2>")
    resum(folder)
    assert main(["verify", str(folder)]) == 0
    assert "figures were compared" in capsys.readouterr().out
    changed_figure(folder)
    resum(folder)
    assert main(["verify", str(folder)]) == 1


@pytest.mark.parametrize("broken", ["", "not a list of hashes\n", f"{'a' * 64}  ../../etc/passwd\n",
                                    f"{'a' * 64}  a\n{'b' * 64}  a\n"])
def test_what_is_no_audit_is_unreadable(audit: Callable[..., Path], broken: str, tmp_path: Path) -> None:
    assert main(["verify", str(tmp_path / "nothing here")]) == 2
    assert main(["verify", str(tmp_path)]) == 2
    folder = audit()
    (folder / "SHA256SUMS").write_text(broken)
    assert main(["verify", str(folder)]) == (2 if broken else 1)


def test_a_link_in_place_of_a_file_is_an_edit(audit: Callable[..., Path], records: Path) -> None:
    folder = audit()
    shutil.copy(folder / "records.jsonl", records.parent / "copy")
    (folder / "records.jsonl").unlink()
    (folder / "records.jsonl").symlink_to(records.parent / "copy")
    assert main(["verify", str(folder)]) == 1


def test_damaged_records_are_audited_as_they_are(audit: Callable[..., Path], tmp_path: Path) -> None:
    lines = run(SAMPLE)[:-1]
    damaged = write(tmp_path / "damaged.jsonl", lines)
    with damaged.open("ab") as file:
        file.write(b'{"record":"result","entry":"bridge.tcp4","ca')
    folder = audit(of=damaged)
    assert (folder / "records.jsonl").read_bytes() == damaged.read_bytes()
    page = report(folder)
    assert "cut short" in page and "the last line is cut off" in page and str(tmp_path) not in page
    assert main(["verify", str(folder)]) == 0


def test_one_of_several_runs(audit: Callable[..., Path], tmp_path: Path,
                             capsys: pytest.CaptureFixture[str]) -> None:
    both = write(tmp_path / "both.jsonl", run(SAMPLE) + run(SAMPLE, environment="wine-10.0-x64"))
    assert main(["audit", str(both), "-o", str(tmp_path / "x"), "--no-pdf"]) == 2
    assert "--environment" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
    folder = audit("x", "--environment", "wine-10.0-x64", of=both)
    assert "wine-8.0" not in (folder / "records.jsonl").read_text("utf-8")
    assert main(["verify", str(folder)]) == 0


def test_a_folder_with_something_in_it_is_left_alone(audit: Callable[..., Path], records: Path) -> None:
    folder = audit()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert main(["audit", str(records), "-o", str(folder), "--no-pdf"]) == 2
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert not list(folder.parent.glob(".evidence*"))


def test_the_reason_of_an_expectation_is_told_and_kept(audit: Callable[..., Path], tmp_path: Path) -> None:
    known = tmp_path / "wine.toml"
    known.write_text('[[expectation]]\nenvironment = "wine-*"\nentry = "bridge.*"\n'
                     'case = "send_disconnect.not_socket.*"\nverdict = "fail"\n'
                     'observed = "SOCKET_ERROR WSAEOPNOTSUPP"\nowner = "us"\n'
                     'reason = "no file has that operation"\n')
    folder = audit("with", "--expectations", str(known))
    assert "no file has that operation" in report(folder)
    known.unlink()
    assert main(["verify", str(folder)]) == 0


@pytest.mark.parametrize(("suite", "said"), [("1.0.0+g1a2b3c4", "90 of 100 mutants found (90.0 %)"),
                                             ("1.0.0+gfffffff", "what was given is of 1.0.0+gfffffff")])
def test_only_the_mutation_score_of_this_suite_counts(audit: Callable[..., Path], tmp_path: Path, suite: str,
                                                      said: str) -> None:
    score = tmp_path / "kill.json"
    score.write_text(json.dumps({"suite": suite, "killed": 90, "mutants": 100}))
    assert said in report(audit("x", "--mutation", str(score)))


def test_hostile_names_stay_text(audit: Callable[..., Path], tmp_path: Path) -> None:
    entries = {name: {other: {"verdict": "fail", "reason": other, "observed": other, "statements": [name],
                              "crash": {"code": name}, "calls": [{"fn": name, "args": other}]}
                              for other in HOSTILE[:6]}
               for name in HOSTILE}
    folder = audit(of=write(tmp_path / "hostile.jsonl",
                            run(entries, environment="<script>x</script>", os=HOSTILE[1])))
    page = report(folder)
    assert "<script" not in page.lower() and "<img" not in page
    assert not set("\u202e\u2066\u2028\x1b\x07") & set(page)
    assert main(["verify", str(folder)]) == 0


@pytest.mark.parametrize("command", ["audit", "verify", "repro"])
def test_help_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"example:\n  python -m wspmatrix {command} " in capsys.readouterr().out


def test_the_bench_generates_whole_runs_of_as_many_results_as_it_says(tmp_path: Path) -> None:
    bench_records.generate(tmp_path, 2000)
    log = Log()
    runs = load([tmp_path], log)
    assert [run.whole for run in runs] == [True, True] and not log.lines()
    assert sum(sum(run.counts().values()) for run in runs) == 2000


def test_the_package_carries_the_statements_of_the_sources() -> None:
    assert statements.of_package() == statements.of_sources(ROOT / "suite" / "statements"), \
        "python -m wspmatrix.statements suite/statements >runners/wspmatrix/statements.json"


@pytest.mark.skipif(not any(map(shutil.which, ("chromium", "chromium-browser"))), reason="needs Chromium")
@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs pdftotext")
def test_the_pdf_says_the_same(records: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert main(["audit", str(records), "-o", str(tmp_path / name)]) == 0
    said = subprocess.run(["pdftotext", str(tmp_path / "one" / "report.pdf"), "-"], capture_output=True,
                          text=True)
    assert "2 red among 6 verdicts" in said.stdout and "WSAEOPNOTSUPP" in said.stdout
    assert (tmp_path / "one" / "report.pdf").read_bytes() == (tmp_path / "two" / "report.pdf").read_bytes()
    assert main(["verify", str(tmp_path / "one")]) == 0
