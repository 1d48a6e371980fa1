"""Makes and removes the trees that environments run in: a few Debian packages and a Wine prefix.

Packages come through apt with a state of our own, so that signatures and hashes are apt's business and
nothing of the machine changes. They are unpacked, not installed: Wine needs none of what their scripts do but
one thing (_mark_as_builtin), and so neither root nor a whole Debian is needed.
"""

from __future__ import annotations

import fcntl
import filecmp
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from children import Failed, logged
from environments import Environment

HERE = Path(__file__).resolve().parent
PREFIX = "/prefix"
FORMAT = 1
"""Raised when trees that were made before can't be used any more."""

FETCH_S = 900
MAKE_S = 600
TOOLS = {"apt-get": "apt", "dpkg-deb": "dpkg", "tar": "tar", "unshare": "util-linux", "mount": "mount",
         "chroot": "coreutils"}
"""What the machine must have, and the package that holds it."""


@dataclass(frozen=True)
class Tree:
    """The place of an environment below the lab's folder."""

    environment: Environment
    folder: Path

    @property
    def name(self) -> str:
        return self.environment.tree

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def is_local(self) -> bool:
        return self.environment.kind == "local"

    @property
    def root(self) -> Path:
        return self.folder / "root"

    @property
    def prefix(self) -> Path:
        """The Wine prefix, seen from outside."""
        return self.folder / "prefix" if self.is_local else Path(f"{self.root}{PREFIX}")

    def recipe(self) -> str:
        """What decides how the tree looks. A change of it makes the tree anew."""
        return json.dumps([FORMAT, *self.environment.recipe]) + "\n"

    def is_ready(self) -> bool:
        try:
            return (self.folder / "ready").read_text() == self.recipe()
        except OSError:
            return False

    def inside(self, programs: Path, out: Path) -> tuple[list[str], dict[str, str]]:
        """The command to use Wine there, to which "make" or "run", PROGRAM... is added; its environment."""
        env = dict(os.environ, LAB_ROOT="" if self.is_local else str(self.root),
                   LAB_PREFIX=str(self.prefix) if self.is_local else PREFIX, LAB_WINE=self.environment.wine,
                   LAB_WINESERVER=self.environment.wineserver, LAB_BIN=str(programs), LAB_OUT=str(out))
        namespace = [] if self.is_local else _namespace()
        return [*namespace, "sh", str(HERE / "inside")], env


def _namespace() -> list[str]:
    """Mounts and processes of its own: as root right away, otherwise as the root of a user namespace."""
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
    return command if os.geteuid() == 0 else [*command, "--user", "--map-root-user"]


def check_tools(environment: Environment) -> None:
    """Raises Failed, naming what is missing on this machine to use the environment."""
    path = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
    if environment.kind == "local":
        for tool in (environment.wine, environment.wineserver):
            if not shutil.which(tool, path=path):
                raise Failed(f"{tool}: not on PATH, expected this machine's Wine (ci/set-up installs it)")
        return
    for tool, package in TOOLS.items():
        if not shutil.which(tool, path=path):
            raise Failed(f"{tool}: not on PATH, expected it from Debian's package {package}")
    if not Path(environment.keyring).is_file():
        raise Failed(f"{environment.keyring}: not there, expected the keys of {environment.suite} "
                     "(Debian's package debian-archive-keyring)")
    try:
        subprocess.run([*_namespace(), "true"], check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        why = (getattr(error, "stderr", None) or str(error).encode()).decode(errors="replace").strip()
        raise Failed(f"no namespaces: {why}; expected root, or user namespaces for everybody") from None


@contextmanager
def locked(tree: Tree, say: Callable[[str], None]) -> Iterator[None]:
    """One ci/lab at a time uses a tree: two Wine servers in one prefix would spoil it."""
    tree.folder.parent.mkdir(parents=True, exist_ok=True)
    with open(tree.folder.parent / f"{tree.name}.lock", "w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say(f"{tree.name}: in use by another ci/lab, waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def make(tree: Tree, say: Callable[[str], None]) -> None:
    """Makes what is missing of a tree. Raises Failed; what was fetched until then stays for the next time."""
    if tree.is_ready():
        return
    check_tools(tree.environment)
    recipe = tree.folder / "recipe"
    if not recipe.is_file() or recipe.read_text() != tree.recipe():
        remove(tree.folder)
        tree.folder.mkdir(parents=True)
        recipe.write_text(tree.recipe())
    if not tree.is_local and not tree.root.is_dir():
        _fetch(tree, say)
        say(f"{tree.name}: unpacking")
        _unpack(tree)
    say(f"{tree.name}: making a prefix")
    _make_prefix(tree)
    for name in ("apt", "archives"):
        remove(tree.folder / name)
    (tree.folder / "ready").write_text(tree.recipe())


def _fetch(tree: Tree, say: Callable[[str], None]) -> None:
    refused: list[str] = []
    for mirror in mirrors(tree.environment):
        apt = _apt(tree, mirror)
        try:
            logged([*apt, "update", "--error-on=any"], tree.log, FETCH_S)
            break
        except Failed as error:
            refused.append(str(error))
    else:
        raise Failed(refused[0])
    install = [*apt, "install", "--yes", *tree.environment.packages]
    logged([*install, "--print-uris"], tree.log, FETCH_S)
    say(f"{tree.name}: {_sizes(tree.log)}")
    logged([*install, "--download-only"], tree.log, FETCH_S)
    packages = sorted(path.stem for path in (tree.folder / "archives").glob("*.deb"))
    (tree.folder / "packages").write_text("".join(f"{package}\n" for package in packages))


def _sizes(log: Path) -> str:
    """What apt says of the plan that it printed last."""
    text = log.read_text(errors="replace")
    fetched = re.findall(r"Need to get (.*) of archives", text)
    unpacked = re.findall(r"After this operation, (.*) of additional", text)
    return f"fetching {(fetched or ['packages'])[-1]} (unpacked {(unpacked or ['unknown'])[-1]})"


def _apt(tree: Tree, mirror: str) -> list[str]:
    """apt-get with lists, sources and archives of the tree's own. The machine's proxy stays in use."""
    own, environment = tree.folder / "apt", tree.environment
    for folder in (own / "lists/partial", own / "preferences", tree.folder / "archives/partial"):
        folder.mkdir(parents=True, exist_ok=True)
    (own / "status").touch()
    # A mirror that stands still is as good as one that moves, so an old signature is still a signature.
    options = f"arch={environment.architecture} lang=none target=Packages check-valid-until=no signed-by=" \
              f"{environment.keyring}"
    (own / "sources.list").write_text(
        "".join(f"deb [{options}] {mirror} {suite} main\n" for suite in environment.suite.split()))
    (own / "conf").write_text("\n".join([
        "#clear APT::Architectures;", "#clear APT::Update;", "#clear DPkg;",
        f'APT::Architecture "{environment.architecture}";',
        f'APT::Architectures {{ "{environment.architecture}"; }};',
        'APT::Install-Recommends "0";', 'APT::Install-Suggests "0";', 'APT::Sandbox::User "root";',
        'Acquire::Retries "3";', 'Acquire::AllowInsecureRepositories "0";',
        'APT::Get::AllowUnauthenticated "0";',
        f'Dir::State "{own}";', f'Dir::State::lists "{own}/lists";', f'Dir::State::status "{own}/status";',
        f'Dir::Cache "{own}";', f'Dir::Cache::archives "{tree.folder}/archives";',
        f'Dir::Etc::sourcelist "{own}/sources.list";', 'Dir::Etc::sourceparts "-";',
        'Dir::Etc::preferences "-";', f'Dir::Etc::preferencesparts "{own}/preferences";',
        f'Dir::Log "{own}";', ""]))
    return ["env", "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", f"-c={own}/conf"]


def mirrors(environment: Environment) -> list[str]:
    """Where to look for a suite: the own mirror of a Debian machine, then the one that debootstrap knows."""
    if chosen := environment.mirror or os.environ.get("WSPCHECK_MIRROR", ""):
        return [chosen]
    found = [*_own_mirrors(), *_debootstrap_mirrors()]
    if not found:
        raise Failed("no mirror known: this is no Debian and has no debootstrap, expected "
                     "WSPCHECK_MIRROR=URL or mirror=URL in the environment's file")
    return list(dict.fromkeys(url.rstrip("/") for url in found))


def _own_mirrors() -> list[str]:
    release = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', Path("/etc/os-release").read_text(), re.MULTILINE))
    if release.get("ID") != "debian":
        return []
    targets = subprocess.run(["apt-get", "indextargets", "--no-release-info", "--format",
                              "$(RELEASE) $(REPO_URI)", "Created-By: Packages", "Component: main"],
                             capture_output=True, text=True, timeout=60, check=False).stdout
    return [uri for suite, _, uri in (line.partition(" ") for line in targets.splitlines())
            if suite == release.get("VERSION_CODENAME")]


def _debootstrap_mirrors() -> list[str]:
    program = shutil.which("debootstrap", path=os.environ.get("PATH", os.defpath) + ":/usr/sbin")
    if not program:
        return []
    return re.findall(r'^DEF_MIRROR="([^"]+)"$', Path(program).read_text(encoding="utf-8"), re.MULTILINE)


def _unpack(tree: Tree) -> None:
    new = tree.folder / "root.new"
    remove(new)
    archives = sorted(str(path) for path in (tree.folder / "archives").glob("*.deb"))
    logged([str(HERE / "unpack"), str(new), *archives], tree.log, MAKE_S)
    _mark_as_builtin(new)
    new.rename(tree.root)


def _mark_as_builtin(root: Path) -> None:
    """DLLs that Wine takes from mingw packages go where it looks, marked as its own, like libwine's script."""
    mark = b"Wine builtin DLL".ljust(32, b"\0")
    for mingw, wine in (("i686", "i386"), ("x86_64", "x86_64")):
        for source in root.glob(f"usr/{mingw}-w64-mingw32/lib/*.dll"):
            data = source.read_bytes()
            for folder in root.glob(f"usr/lib/*/wine/{wine}-windows"):
                (folder / source.name).write_bytes(data[:64] + mark + data[64 + len(mark):])


def _make_prefix(tree: Tree) -> None:
    remove(tree.prefix)
    tree.prefix.mkdir(mode=0o700)
    empty = tree.folder / "empty"
    empty.mkdir(exist_ok=True)
    command, env = tree.inside(empty, empty)
    logged([*command, "make"], tree.log, MAKE_S, env)
    if not (tree.prefix / "system.reg").is_file():
        raise Failed(f"wineboot made no prefix (see {tree.log})")
    if not tree.is_local:
        _share_files(tree)


def _share_files(tree: Tree) -> None:
    """Wine copies all its DLLs into a prefix; one copy of each will do."""
    originals = {(path.name, path.stat().st_size): path
                 for pattern in ("*-windows/*", "fakedlls/*")
                 for path in tree.root.glob(f"usr/lib/*/wine/{pattern}")}
    for path in (tree.prefix / "drive_c/windows").glob("sys*/**/*"):
        original = originals.get((path.name, path.lstat().st_size))
        if not original or path.is_symlink() or not path.is_file():
            continue
        if filecmp.cmp(original, path, shallow=False):
            link = path.with_name(path.name + ".link")
            link.hardlink_to(original)
            link.replace(path)


def remove(folder: Path) -> None:
    """Deletes a folder of the lab, never across a mount."""
    if not folder.exists():
        return
    real = str(folder.resolve())
    mounts = [line.split()[1].encode().decode("unicode_escape")
              for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()]
    if below := [place for place in mounts if place == real or place.startswith(real + "/")]:
        raise Failed(f"{below[0]}: is mounted, expected nothing mounted below {folder}; it stays as it is")
    done = subprocess.run(["rm", "-rf", "--one-file-system", "--", real], capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise Failed(f"{done.stderr.strip().splitlines()[-1]}; expected to be able to delete {folder}")
