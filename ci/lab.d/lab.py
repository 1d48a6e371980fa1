"""The lab: every environment of ci/environments made, run and taken away by one command (ci/lab --help)."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import children
import environments
import runs
import tree as trees
from children import Failed
from environments import Bad, Broken, Environment
from runs import Row
from tree import Tree

ROOT = Path(__file__).resolve().parents[2]
AT_ONCE = 2
MB = 1_000_000

HELP = """\
up    makes the environments (all that can run here, or those named) in the lab's folder; what is there
      already is left alone, what was interrupted goes on. Says first how much disk it takes.
run   builds the programs, runs the suite in each environment, and writes build/lab/NAME.jsonl for each and
      the page build/lab/index.html over all. What follows -- goes to wspcheck run, for example
      -- --case 'send_disconnect.*'
mutants NAME...  runs all mutants of the reference there, each with the cases of the statement that it breaks, and
      writes build/lab/kill-matrix-NAME.json and .md. Many minutes each.
exec  starts one program there, ours or Wine's: exec NAME PROGRAM [ARGUMENT]..., for example
      exec wine-8.0-x86 wspcheck.exe list cases
down  deletes the environments (all, or those named) with everything that was fetched for them.
list  says what there is.

An environment that can't be made or run is one line `missing` with the reason; the others go on. Exit status:
0 done (without names, when at least one could be), 1 not, 2 wrong use.
The folder is $WSPCHECK_LAB, or wspcheck/lab below $XDG_CACHE_HOME or ~/.cache. WSPCHECK_MIRROR=URL names
another mirror of Debian.
"""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def lab_folder() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("WSPCHECK_LAB") or Path(cache) / "wspcheck/lab").absolute()


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ci/lab", description="Other systems to run the suite on.",
                                     epilog=HELP, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--environments", type=Path, metavar="DIR",
                        default=os.environ.get("WSPCHECK_ENVIRONMENTS") or ROOT / "ci/environments",
                        help="their files (default: $WSPCHECK_ENVIRONMENTS or ci/environments)")
    commands = parser.add_subparsers(dest="command", required=True, metavar="up|run|mutants|exec|down|list")
    for name in ("up", "run", "mutants", "exec", "down", "list"):
        command = commands.add_parser(name, add_help=name != "exec")
        if name == "exec":
            command.add_argument("name", metavar="NAME")
            command.add_argument("program", metavar="PROGRAM")
            command.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGUMENT")
        else:
            command.add_argument("names", nargs="+" if name == "mutants" else "*", metavar="NAME")
        if name in ("run", "mutants", "exec"):
            command.add_argument("--programs", type=Path, metavar="DIR", default=ROOT / "build",
                                 help="take the programs from DIR/PRESET/bin, and build none")
        if name in ("run", "mutants"):
            command.add_argument("--output", type=Path, metavar="DIR", default=ROOT / "build/lab",
                                 help="where all that comes of it goes (default: build/lab)")
            command.add_argument("--timeout", type=float, metavar="S", default=600 if name == "run" else 3600,
                                 help="the longest that one environment may take (default: %(default)s)")
    own, found, rest = arguments, "--" in arguments, []
    if found and "exec" not in arguments[:arguments.index("--")]:
        own, rest = arguments[:arguments.index("--")], arguments[arguments.index("--") + 1:]
    options = parser.parse_args(own)
    options.options = tuple(rest)
    if rest and options.command != "run":
        parser.error(f"'{rest[0]}' after --: only run passes options on")
    return options


def tree_of(environment: Environment) -> Tree:
    return Tree(environment, lab_folder() / environment.tree)


def by_tree(chosen: list[Environment]) -> list[list[Environment]]:
    """Environments that share a tree can't be used side by side."""
    groups: dict[str, list[Environment]] = {}
    for environment in chosen:
        groups.setdefault(environment.tree, []).append(environment)
    return list(groups.values())


def side_by_side(chosen: list[Environment | Broken], work: Callable[[Environment], Row]) -> list[Row]:
    """Does the work for each environment, a few at once. What fails becomes a row with the reason."""

    def guarded(environment: Environment) -> Row:
        try:
            if environment.kind == "windows":
                raise Failed("it needs a Windows machine (its file says how to run it there)")
            with trees.locked(tree_of(environment), say):
                return work(environment)
        except (Failed, OSError) as error:
            row = Row(environment.name, str(error).replace("\n", " "))
            say(f"{row.name}: missing: {row.reason}")
            return row

    rows = {one.name: Row(one.name, one.reason) for one in chosen if isinstance(one, Broken)}
    for row in rows.values():
        say(f"{row.name}: missing: {row.reason}")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        usable = by_tree([one for one in chosen if isinstance(one, Environment)])
        for done in pool.map(lambda group: [guarded(one) for one in group], usable):
            rows |= {row.name: row for row in done}
    return [rows[one.name] for one in chosen]


def status_of(rows: list[Row], named: bool) -> int:
    missing = sum(row.is_missing for row in rows)
    return int(missing > 0 if named else missing == len(rows))


def up(options: argparse.Namespace, chosen: list[Environment | Broken]) -> int:
    new = {one.tree: one.disk for one in chosen
           if isinstance(one, Environment) and one.kind != "windows" and not tree_of(one).is_ready()}
    folder = lab_folder()
    folder.mkdir(parents=True, exist_ok=True)
    free, need = shutil.disk_usage(folder).free // MB, sum(new.values())
    if new:
        say(f"Making {', '.join(new)} in {folder}: at most {need} MB of disk ({free} MB are free)")
    if need > free:
        say(f"{folder}: {free} MB are free, expected {need} (WSPCHECK_LAB names another place)")
        return 1

    def work(environment: Environment) -> Row:
        trees.make(tree_of(environment), say)
        say(f"{environment.name}: ready")
        return Row(environment.name)

    return status_of(side_by_side(chosen, work), bool(options.names))


def ready(environment: Environment) -> Tree:
    """Raises Failed where it can't be used as it is."""
    tree = tree_of(environment)
    if not tree.is_ready():
        raise Failed(f"not made yet, or made by an older lab; ci/lab up {environment.name} makes it")
    trees.check_tools(environment)
    return tree


def run(options: argparse.Namespace, chosen: list[Environment | Broken]) -> int:
    out: Path = options.output.absolute()
    out.mkdir(parents=True, exist_ok=True)
    for one in chosen if options.names else [Path(path.stem) for path in out.glob("*.jsonl")]:
        (out / f"{one.name}.jsonl").unlink(missing_ok=True)
    plan = runs.Plan(options.programs.absolute(), out, options.timeout, options.options)

    def work(environment: Environment) -> Row:
        row = runs.run(ready(environment), plan)
        say(f"{row.name}: done in {row.seconds:.1f} s")
        return row

    rows = side_by_side(chosen, work)
    shutil.rmtree(plan.work, ignore_errors=True)
    like = next((out / f"{row.name}.jsonl" for row in rows if not row.is_missing), None)
    archs = {one.name: one.arch for one in chosen if isinstance(one, Environment)}
    for row in rows:
        if row.is_missing:
            runs.write_missing(row.name, archs.get(row.name, "x64"), row.reason, out, like)
    print_rows(rows)
    return status_of(rows, bool(options.names)) or report(out)


def run_mutants(options: argparse.Namespace, chosen: list[Environment | Broken]) -> int:
    """1: a mutant survives somewhere, or an environment is missing."""
    import mutants  # what judges them needs the runners, and the rest of the lab doesn't

    out: Path = options.output.absolute()
    out.mkdir(parents=True, exist_ok=True)
    plan = runs.Plan(options.programs.absolute(), out, options.timeout, ())

    def work(environment: Environment) -> Row:
        matrix, seconds = mutants.run(ready(environment), plan)
        print("\n".join(mutants.told(environment.name, matrix, seconds)), flush=True)
        return Row(environment.name, counts={"killed": matrix.killed, "problems": len(matrix.problems)})

    rows = side_by_side(chosen, work)
    shutil.rmtree(plan.work, ignore_errors=True)
    return status_of(rows, named=True) or int(any(row.counts["problems"] for row in rows))


def print_rows(rows: list[Row]) -> None:
    width = max(len(row.name) for row in rows)
    for row in rows:
        counts = ", ".join(f"{number} {verdict}" for verdict, number in sorted(row.counts.items()))
        what = f"missing: {row.reason}" if row.is_missing else f"{row.seconds:5.1f} s  {counts}  {row.reason}"
        print(f"{row.name:{width}}  {what}".rstrip())


def report(out: Path) -> int:
    """The page over all records in the folder, those of earlier runs too. Prints its path."""
    sys.stdout.flush()
    files = sorted(str(path) for path in out.glob("*.jsonl"))
    env = dict(os.environ, PYTHONPATH=str(ROOT / "runners"))
    command = [sys.executable, "-m", "wspmatrix", "report", *files, "-o", str(out / "index.html")]
    # 1 speaks of what is in the records, and a row that is missing is in them.
    return 0 if subprocess.run(command, env=env, check=False).returncode in (0, 1) else 1


def execute(options: argparse.Namespace, chosen: list[Environment | Broken]) -> int:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(execute_one, options, chosen[0]).result()


def execute_one(options: argparse.Namespace, one: Environment | Broken) -> int:
    try:
        if isinstance(one, Broken):
            raise Failed(one.reason)
        tree = tree_of(one)
        if one.kind == "windows" or not tree.is_ready():
            raise Failed(f"{one.name}: not made; ci/lab up {one.name} makes it")
        trees.check_tools(one)
        programs = runs.Plan(options.programs.absolute(), Path(), 0, ()).bin(one)
        here = Path.cwd()
        seen_bin, _ = runs.places(tree, programs, here)
        ours = (programs / options.program).is_file()
        program = f"{seen_bin}/{options.program}" if ours else options.program
        command, env = tree.inside(programs, here)
        with trees.locked(tree, say):
            process = children.start([*command, "run", program, *options.arguments], env=env)
            return children.wait(process, None)
    except (Failed, OSError) as error:
        say(str(error))
        return 1


def down(options: argparse.Namespace, chosen: list[Environment | Broken]) -> int:
    folder = lab_folder()
    names = [one.tree for one in chosen if isinstance(one, Environment)]
    if not options.names and folder.is_dir():
        names += [path.parent.name for path in folder.glob("*/recipe")]
    status = 0
    for name in dict.fromkeys(names):
        place = folder / name
        if not (place / "recipe").is_file():
            continue
        any_environment = Environment(name, "", "debian", "", name)
        try:
            with trees.locked(Tree(any_environment, place), say):
                trees.remove(place)
            (folder / f"{name}.lock").unlink(missing_ok=True)
            say(f"{name}: deleted")
        except (Failed, OSError) as error:
            say(str(error))
            status = 1
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    return status


def list_all(known: list[Environment | Broken]) -> int:
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    width = max([len(one.name) for one in known], default=0)
    for one in known:
        if isinstance(one, Broken):
            state, what = "broken", one.reason
        elif one.kind == "windows":
            state, what = "elsewhere", one.title
        else:
            state, what = ("ready" if tree_of(one).is_ready() else "not made"), one.title
        print(f"{one.name:{width}}  {state:9}  {what}")
    return 0


def main() -> int:
    options = parse(sys.argv[1:])
    try:
        known = environments.load(options.environments)
        names = [options.name] if options.command == "exec" else options.names
        chosen = environments.select(known, names)
    except Bad as error:
        say(f"ci/lab: {error}")
        return 2
    if options.command == "list":
        return list_all(chosen if names else known)
    if not chosen:
        say(f"ci/lab: {options.environments}: no environment in it, expected at least one file")
        return 2
    children.end_with_us()
    command = {"up": up, "run": run, "mutants": run_mutants, "exec": execute, "down": down}[options.command]
    return command(options, chosen)


if __name__ == "__main__":
    sys.exit(main())
