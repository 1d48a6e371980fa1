"""ci/lab without a download: what it makes of environment files, of broken environments and of interruptions.

Wine is played by a small shell script, for which every prefix is good and every suite has one case.
"""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "ci/lab.d"), str(ROOT / "runners")]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the lab runs on Linux only")

if sys.platform == "linux":
    import children
    import environments
    import tree
    from wspmatrix.reader import Log, load

PATIENCE_S = 60

WINE = """\
#!/bin/sh
case $1 in
wineboot)
    if [ -e '{folder}/hold' ]; then
        echo >'{folder}/reached'
        while :; do read -r line <'{folder}/never'; done
    fi
    mkdir -p "$WINEPREFIX/drive_c" && : >"$WINEPREFIX/system.reg" ;;
cmd)
    exec '{python}' '{folder}/cmd.py' "$3" ;;
*/wspcheck.exe)
    while [ $# -gt 1 ]; do
        case $1 in --jsonl) records=$2 ;; --environment) name=$2 ;; esac
        shift
    done
    records=$(printf %s "${{records#Z:}}" | tr '\\\\' /)
    {{
        echo '{{"record":"run","schema":1,"suite":"1.0.0","started":"2026-01-01T00:00:00Z","arch":"x64",'\\
'"environment":"'"$name"'","os":"","wine":null,"command":[]}}'
        echo '{{"record":"provider","entry":"a.b","dll":"a.dll","asked":["x.y"]}}'
        echo '{{"record":"result","entry":"a.b","case":"x.y","verdict":"pass","repeat":1}}'
    }} >"$records"
    if [ -e '{folder}/hold' ]; then while :; do read -r line <'{folder}/never'; done; fi
    echo '{{"record":"end","counts":{{"pass":1}},"finished":"2026-01-01T00:00:01Z"}}' >>"$records" ;;
esac
"""


CMD = """\
import json, sys
from pathlib import Path

def here(path):
    return Path(path.removeprefix("Z:").replace("\\\\", "/"))

KILLS = {"m.wrong": "x.own", "m.always": "x.other"}
for line in here(sys.argv[1]).read_text().splitlines():
    words = line.removesuffix(" >nul").split()
    if "list" in words:
        cases = [{"case": "x.own", "statements": ["SD-01"]}, {"case": "x.other", "statements": ["SD-02"]}]
        here(words[-1].removeprefix(">")).write_text(json.dumps(cases))
    elif "run" in words:
        of = lambda option: [words[i + 1] for i, word in enumerate(words) if word == option]
        cases = of("--case") or ["x.own", "x.other"]
        with here(of("--jsonl")[0]).open("w") as records:
            for entry in of("--provider"):
                for case in cases:
                    red = KILLS.get(entry) == case
                    records.write(json.dumps({
                        "record": "result", "entry": entry, "case": case, "verdict": "fail" if red else "pass",
                        "statements": ["PV-10" if red and entry == "m.always" else "SD-01"],
                        "order_dependent": False, "micros": 1}) + "\\n")
            records.write('{"record":"end"}\\n')
"""
"""A cmd that knows one batch file: what each entry of it is killed by is told above."""


class Lab:
    """A lab of the test's own: its folder, its environment files, its Wine."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.files, self.out = folder, folder / "environments", folder / "out"
        self.files.mkdir()
        os.mkfifo(folder / "never")
        for name, text in (("wine", WINE.format(folder=folder, python=sys.executable)), ("wineserver", "#!/bin/sh\n")):
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        (folder / "programs/mingw-x64/bin").mkdir(parents=True)
        (folder / "programs/mingw-x64/bin/wspcheck.exe").touch()
        self.env = dict(os.environ, WSPCHECK_LAB=str(folder / "lab"), WSPCHECK_ENVIRONMENTS=str(self.files))

    def add(self, name: str, **changes: str) -> None:
        values = {"title": "A Wine", "kind": "local", "preset": "mingw-x64", "wine": f"{self.folder}/wine",
                  "wineserver": f"{self.folder}/wineserver", "disk": "1"} | changes
        (self.files / name).write_text("".join(f"{key}={value}\n" for key, value in values.items()))

    def add_debian(self, name: str, **changes: str) -> None:
        values = {"kind": "debian", "suite": "nowhere", "architecture": "amd64", "packages": "wine64",
                  "mirror": (self.folder / "no-mirror").as_uri()}
        self.add(name, **(values | changes))

    def command(self, command: str, *arguments: str) -> list[str]:
        own = ["--programs", str(self.folder / "programs")] if command in ("run", "mutants", "exec") else []
        own += ["--output", str(self.out)] if command in ("run", "mutants") else []
        return [str(ROOT / "ci/lab"), command, *own, *arguments]

    def __call__(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(command, *arguments), env=self.env, capture_output=True, text=True,
                              timeout=PATIENCE_S, check=False)

    def start(self, command: str, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(self.command(command, *arguments), env=self.env, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def mounts_below(folder: Path) -> list[str]:
    return [line for line in Path("/proc/self/mounts").read_text().splitlines() if str(folder) in line]


def processes_of(folder: Path) -> list[str]:
    """Command lines that mention a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found


def test_our_own_files_are_understood() -> None:
    known = environments.load(ROOT / "ci/environments")
    assert [one.reason for one in known if isinstance(one, environments.Broken)] == []
    text = (ROOT / "CMakePresets.json").read_text()
    presets = {preset["name"] for preset in json.loads(text)["configurePresets"]}
    assert {one.preset for one in known if isinstance(one, environments.Environment)} <= presets
    assert {"local", "windows", "wine-5.0.3-x64", "wine-8.0-x86"} <= {one.name for one in known}


@pytest.mark.parametrize(("changes", "reason"), [
    ({"kind": "beos"}, "x: kind is 'beos', expected debian, local, windows"),
    ({"suite": "sid"}, "x: 'suite', which kind=local does not know"),
    ({"preset": "x64"}, "x: preset is 'x64', expected a name like mingw-x64"),
    ({"disk": "much"}, "x: disk is 'much', expected a number of MB"),
    ({"title": ""}, "x:1: 'title=', expected KEY=value without spaces around either"),
    ({"wine": " wine"}, "x:4: 'wine= wine', expected KEY=value without spaces around either"),
    ({"disk": "1\ndisk=2"}, "x:7: 'disk' once more, expected each key once"),
    ({"disk": "1\nnonsense"}, "x:7: 'nonsense', expected KEY=value without spaces around either"),
    ({"kind": "debian", "tree": "../x", "suite": "a", "architecture": "b", "packages": "c"},
     "x: tree is '../x', expected letters, digits, '.', '_' and '-'"),
    ({"kind": "debian"}, "x: no architecture, expected architecture, disk, kind, packages, preset, suite, "
                         "title, wine, wineserver for kind=debian"),
])
def test_a_file_that_makes_no_sense_is_one_clear_line(lab: Lab, changes: dict[str, str], reason: str) -> None:
    lab.add("x", **changes)
    (broken,) = environments.load(lab.files)
    assert broken == environments.Broken("x", reason)


def test_one_tree_has_one_recipe(lab: Lab) -> None:
    for name, suite in (("a", "sid"), ("b", "sid"), ("c", "trixie")):
        lab.add_debian(name, tree="shared", suite=suite)
    a, b, c = environments.load(lab.files)
    assert a.tree == b.tree == "shared"
    assert c.reason.startswith("c: shares the tree 'shared' with a, expected the same suite")


def test_list_tells_the_state(lab: Lab) -> None:
    lab.add("there")
    lab.add_debian("absent", title="An old Wine")
    (lab.files / "elsewhere").write_text("title=Windows\nkind=windows\npreset=msvc-x64\n")
    (lab.files / "odd").write_text("odd\n")
    (lab.files / "README.md").write_text("not an environment\n")
    assert lab("up", "there").returncode == 0
    done = lab("list")
    assert done.returncode == 0
    assert [re.split(r" {2,}", line) for line in done.stdout.splitlines()] == [
        ["absent", "not made", "An old Wine"],
        ["elsewhere", "elsewhere", "Windows"],
        ["odd", "broken", "odd:1: 'odd', expected KEY=value without spaces around either"],
        ["there", "ready", "A Wine"]]


@pytest.mark.parametrize("command", ["up", "run", "down", "list"])
def test_an_unknown_name_is_one_line(lab: Lab, command: str) -> None:
    lab.add("here")
    done = lab(command, "there")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "ci/lab: 'there': no such environment, expected one of here\n"


def test_a_broken_environment_costs_its_row_and_nothing_else(lab: Lab) -> None:
    lab.add("good")
    lab.add_debian("gone")
    (lab.files / "odd").write_text("odd\n")
    made = lab("up")
    assert made.returncode == 0, made.stderr
    for line in ("good: ready", "gone: missing: ", "odd: missing: "):
        assert line in made.stderr

    done = lab("run")
    assert done.returncode == 0, done.stderr
    rows = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert "1 pass" in rows["good"]
    assert "missing: not made yet" in rows["gone"]
    assert "missing: odd:1: 'odd', expected" in rows["odd"]
    assert (lab.out / "index.html").is_file()
    runs = {run.record.environment: run for run in load([lab.out], Log())}
    assert set(runs) == {"good", "gone", "odd"}
    assert runs["good"].results and not runs["gone"].results
    assert runs["gone"].providers["a.b"].asked == ("x.y",)
    assert runs["gone"].record.os.startswith("not run: not made yet")


def test_naming_what_cannot_run_is_an_error(lab: Lab) -> None:
    lab.add("good")
    (lab.files / "elsewhere").write_text("title=Windows\nkind=windows\npreset=msvc-x64\n")
    assert lab("up", "good").returncode == 0
    done = lab("run", "good", "elsewhere")
    assert done.returncode == 1
    assert "elsewhere  missing: it needs a Windows machine" in done.stdout and "1 pass" in done.stdout


def test_options_go_on_to_the_suite_and_to_nothing_else(lab: Lab) -> None:
    lab.add("good")
    assert lab("up").returncode == 0
    assert lab("run", "--", "--environment", "other").returncode == 0
    assert '"environment":"other"' in (lab.out / "good.jsonl").read_text()
    assert lab("down", "--", "--strict").returncode == 2


def test_programs_that_were_not_built_are_named(lab: Lab) -> None:
    lab.add("good", preset="mingw-x86")
    assert lab("up").returncode == 0
    done = lab("run")
    assert done.returncode == 1
    assert "mingw-x86/bin/wspcheck.exe: not there, expected the programs of mingw-x86" in done.stdout


def test_an_environment_that_takes_too_long_keeps_what_was_judged(lab: Lab) -> None:
    lab.add("slow")
    assert lab("up").returncode == 0
    (lab.folder / "hold").touch()
    done = lab("run", "--timeout", "1")
    assert done.returncode == 0
    assert "1 pass  cut short: not done after 1 s" in done.stdout
    assert '"verdict":"pass"' in (lab.out / "slow.jsonl").read_text()
    assert processes_of(lab.folder) == []


def test_too_little_disk_is_said_before_anything_is_fetched(lab: Lab) -> None:
    lab.add("huge", disk="999999999")
    done = lab("up")
    assert done.returncode == 1
    assert "at most 999999999 MB of disk" in done.stderr and "expected 999999999" in done.stderr
    assert not (lab.folder / "lab/huge").exists()


def test_packages_without_a_signature_are_refused(lab: Lab) -> None:
    folder = lab.folder / "mirror/dists/s"
    (folder / "main/binary-amd64").mkdir(parents=True)
    (folder / "main/binary-amd64/Packages").touch()
    (folder / "Release").write_text("Suite: s\nCodename: s\nArchitectures: amd64\nComponents: main\n"
                                    "Date: Thu, 01 Jan 2026 00:00:00 UTC\n")
    # Only to be there: without a signature nothing is looked up in it.
    (lab.folder / "keys.gpg").touch()
    lab.add_debian("x", suite="s", mirror=(lab.folder / "mirror").as_uri(),
                   keyring=str(lab.folder / "keys.gpg"))
    done = lab("up")
    assert done.returncode == 1
    if shutil.which("apt-get") and namespaces():
        assert re.search(r"x: missing: .*is not signed", done.stderr), done.stderr


def test_an_interrupted_up_leaves_nothing_running_and_goes_on_later(lab: Lab) -> None:
    lab.add("x")
    (lab.folder / "hold").touch()
    os.mkfifo(lab.folder / "reached")
    reached = os.open(lab.folder / "reached", os.O_RDWR)
    process = lab.start("up")
    assert select.select([reached], [], [], PATIENCE_S)[0], "wineboot was not started"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_S)
    os.close(reached)
    assert process.returncode == 128 + signal.SIGINT
    assert processes_of(lab.folder) == []
    assert "not made" in lab("list").stdout
    (lab.folder / "hold").unlink()
    assert lab("up").returncode == 0
    assert "ready" in lab("list").stdout


def test_down_takes_away_what_up_made_and_nothing_else(lab: Lab) -> None:
    lab.add("x")
    assert lab("up").returncode == 0
    (lab.folder / "lab/mine").mkdir()
    assert lab("down").returncode == 0
    assert [path.name for path in (lab.folder / "lab").iterdir()] == ["mine"]
    (lab.folder / "lab/mine").rmdir()
    assert lab("down").returncode == 0
    assert not (lab.folder / "lab").exists()


def namespaces() -> bool:
    return subprocess.run([*tree._namespace(), "true"], check=False, capture_output=True).returncode == 0


def small_tree(lab: Lab) -> Path:
    """An environment of kind debian that is ready: a shell, and a "wine" that runs it."""
    lab.add_debian("small", wine="/bin/sh", wineserver="/server")
    (small,) = environments.load(lab.files)
    place = tree.Tree(small, lab.folder / "lab/small")
    root = place.root
    (root / "prefix").mkdir(parents=True)
    libraries = re.findall(r"(/\S+) \(0x", subprocess.run(["ldd", "/bin/sh"], capture_output=True, text=True,
                                                          check=True).stdout)
    for file in ["/bin/sh", *libraries]:
        target = root / file[1:]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    (root / "server").write_text("#!/bin/sh\n")
    (root / "server").chmod(0o755)
    (place.folder / "recipe").write_text(place.recipe())
    (place.folder / "ready").write_text(place.recipe())
    return root


def in_small_tree(lab: Lab, script: str) -> Path:
    if not namespaces():
        pytest.skip("neither root nor user namespaces")
    root = small_tree(lab)
    (lab.folder / "programs/mingw-x64/bin/script").write_text(script)
    return root


def test_inside_a_tree_there_is_all_that_wine_needs_and_nothing_of_ours(lab: Lab) -> None:
    in_small_tree(lab, """
        echo x >/dev/null && [ -c /dev/urandom ] && [ -w /dev/shm ] && [ -w /tmp ] || exit 9
        [ -d /proc/self/fd ] || exit 7
        [ -e /lab/bin/wspcheck.exe ] && [ ! -e /etc/passwd ] || exit 8
        echo "$WINEPREFIX $HOME $1 [${WSPCHECK_LAB:-}]"
    """)
    done = lab("exec", "small", "script", "an argument")
    assert (done.returncode, done.stdout) == (0, "/prefix /prefix an argument []\n"), done.stderr
    assert mounts_below(lab.folder) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_after_a_signal_nothing_is_mounted_and_nothing_runs(lab: Lab, number: signal.Signals) -> None:
    in_small_tree(lab, "echo up; while :; do read -r line </tmp/none || read -r line; done")
    process = lab.start("exec", "small", "script")
    assert process.stdout and process.stdout.readline() == "up\n"
    process.send_signal(number)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 128 + number
    assert mounts_below(lab.folder) == []
    assert processes_of(lab.folder) == []
    assert lab("down").returncode == 0


def test_nothing_is_deleted_across_a_mount(lab: Lab) -> None:
    if not namespaces():
        pytest.skip("neither root nor user namespaces")
    precious, folder = lab.folder / "precious", lab.folder / "lab/x"
    (folder / "root/in it").mkdir(parents=True)
    precious.mkdir()
    (precious / "file").touch()
    program = (f"import sys; sys.path.insert(0, {str(ROOT / 'ci/lab.d')!r}); import tree, pathlib\n"
               f"try: tree.remove(pathlib.Path({str(folder)!r}))\n"
               "except tree.Failed as error: print(error)")
    done = subprocess.run([*tree._namespace(), "sh", "-c", 'mount --bind "$1" "$2" && "$3" -c "$4"', "sh",
                           str(precious), str(folder / "root/in it"), sys.executable, program],
                          capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert f"{folder}/root/in it: is mounted, expected nothing mounted below" in done.stdout, done.stderr
    assert (precious / "file").exists()
    tree.remove(folder)
    assert not folder.exists() and (precious / "file").exists()


def test_the_last_words_of_a_log_are_the_error(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("W: odd\nE: first\nE: no such release\nW: some index files failed\n\n")
    assert children.last_words(log) == "E: no such release"
    log.write_text("mount: permission denied\n\n")
    assert children.last_words(log) == "mount: permission denied"
    assert children.last_words(log, 100) == ""


def mutant(name: str, statement: str, shows: str = "fail") -> dict[str, object]:
    return {"name": name, "statement": statement, "shows": shows, "place": "send", "description": "wrong",
            "entries": [{"entry": f"m.{name}", "base": "stream"}]}


@pytest.mark.parametrize(("more", "status", "told"), [
    ([], 0, "w: 2 of 2 mutants killed"),
    ([mutant("quiet", "SD-01")], 1, "w: mutant quiet on stream survives: SD-01")])
def test_mutants_are_judged_in_an_environment(lab: Lab, more: list[dict[str, object]], status: int,
                                              told: str) -> None:
    """One is told by a case of its statement, one only by what is checked in every case."""
    lab.add("w")
    (lab.folder / "cmd.py").write_text(CMD)
    mutants = [mutant("none", "", "pass"), mutant("wrong", "SD-01"), mutant("always", "PV-10"), *more]
    (lab.folder / "programs/mingw-x64/bin/faulty.json").write_text(json.dumps(mutants))
    assert lab("up").returncode == 0
    done = lab("mutants", "w")
    assert done.returncode == status, done.stderr
    assert told in done.stdout
    kept = json.loads((lab.out / "kill-matrix-w.json").read_text())
    assert [one["killed"] for one in kept["matrix"] if one["mutant"] in ("wrong", "always")] == [True, True]


def test_mutants_want_an_environment(lab: Lab) -> None:
    assert lab("mutants").returncode == 2
    lab.add("w")
    done = lab("mutants", "w")
    assert done.returncode == 1
    assert "not made yet" in done.stderr
