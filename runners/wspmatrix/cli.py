"""The command line: finds the command, turns what can go wrong into one line, keeps the exit codes.

0: nothing new. 1: news, red, edited or damaged. 2: wrong use, or nothing that can be read.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from typing import NoReturn

from . import __version__
from .text import printable

COMMANDS = ("run", "report", "merge", "gate", "expect", "diff", "audit", "verify", "repro")
DEBIAN = {"rich": "python3-rich", "jinja2": "python3-jinja2", "jsonschema": "python3-jsonschema",
          "pytest": "python3-pytest", "xdist": "python3-pytest-xdist"}
WRONG_USE = 2

EXAMPLES = """\
examples:
  python -m wspmatrix run --wspcheck build/mingw-x64/bin/wspcheck.exe
  python -m wspmatrix report results/runs -o matrix.html
  python -m wspmatrix merge run1.jsonl run2.jsonl -o all.jsonl
  python -m wspmatrix gate matrix/wine-8.0-x64.jsonl
  python -m wspmatrix diff results/runs matrix
  python -m wspmatrix audit matrix/wine-8.0-x64.jsonl -o audit
  python -m wspmatrix verify audit
  python -m wspmatrix repro matrix/wine-8.0-x64.jsonl send_disconnect.not_socket.file bridge.tcp4 -o x.c
"""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line; how it is used stands in its help."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_USE, f"wspmatrix: {printable(message)}; see {self.prog} --help\n")


def main(arguments: list[str] | None = None) -> int:
    try:
        return _main(arguments)
    except ModuleNotFoundError as error:
        package = DEBIAN.get((error.name or "").partition(".")[0])
        if package is None:
            raise
        return _say(f"the Python module {error.name} is missing; on Debian: apt-get install {package}")
    except BrokenPipeError:
        # Whoever read our output has seen enough. The interpreter must not try to write the rest at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return _say("interrupted", 1)


def _main(arguments: list[str] | None) -> int:
    parser = _Parser(
        prog="python -m wspmatrix", description="Runs wspcheck and turns its records into one matrix.",
        epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", action="version", version=f"wspmatrix {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    modules = {name: importlib.import_module(f".commands.{name}", __package__) for name in COMMANDS}
    for module in modules.values():
        module.add_parser(commands)
    args = parser.parse_args(arguments)
    from .launch import LaunchError
    from .manifest import ManifestError
    try:
        return modules[args.command].main(args)
    except (LaunchError, ManifestError) as error:
        return _say(str(error))
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        return _say(f"{error.filename or args.command}: {error.strerror or error}")


def _say(message: str, status: int = WRONG_USE) -> int:
    print(f"wspmatrix: {message}", file=sys.stderr)
    return status
