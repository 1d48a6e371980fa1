"""The report as a PDF, printed by Chromium where there is one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
PATIENCE = 300
_DATES = re.compile(rb"/(CreationDate|ModDate) \(D:[^)]*\)")


def write_pdf(page: Path, target: Path) -> str:
    """Prints the page. Returns an empty text, or why there is no PDF."""
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        return "Chromium was not found (on Debian: apt-get install chromium)"
    with tempfile.TemporaryDirectory(prefix="wspmatrix-") as profile:
        command = [program, "--headless", "--disable-gpu", "--no-first-run", f"--user-data-dir={profile}",
                   "--no-pdf-header-footer", f"--print-to-pdf={target.resolve()}", page.resolve().as_uri()]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            # Chromium refuses its sandbox to root. The page is our own: it runs and loads nothing.
            command.insert(1, "--no-sandbox")
        try:
            ended = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, timeout=PATIENCE, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            target.unlink(missing_ok=True)
            return f"{program}: {error}"
    if ended.returncode or not target.is_file():
        target.unlink(missing_ok=True)
        return f"{program} ended with status {ended.returncode} and wrote no PDF"
    target.write_bytes(_DATES.sub(_no_date, target.read_bytes()))
    return ""


def _no_date(match: re.Match[bytes]) -> bytes:
    """When it was printed is no part of the evidence; as long as before, so that every offset stays right."""
    date = match[0].index(b"D:") + 2
    return re.sub(rb"\d", b"0", match[0][:date]) + re.sub(rb"\d", b"0", match[0][date:])
