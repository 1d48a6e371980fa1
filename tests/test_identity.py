"""What the records say of the file that was tested and of the system: what an audit rests on."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from program import check, manifest, program, run, windows


def test_the_kernel_and_a_missing_signature_are_recorded(records: Path) -> None:
    done = check("--case", "provider.loads", records=records)
    (of_run,), (of_provider,) = done.of("run"), done.of("provider")
    system = platform.uname()
    version = re.split("[-+ ]", system.release)[0]  # what follows names a build, not what it does
    if os.name != "nt":
        assert of_run["kernel"] == f"{system.system} {version}"
    else:
        assert of_run["kernel"].startswith("ntoskrnl 10.0.")
    assert of_provider["signature"] == "none"


@pytest.mark.skipif(shutil.which("osslsigncode") is None, reason="signs with osslsigncode, which is not here")
def test_who_signed_the_dll_is_recorded(tmp_path: Path, records: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out",
                    certificate, "-days", "2", "-utf8", "-subj", "/CN=Acmé Inc.", "-addext",
                    "extendedKeyUsage=codeSigning"], check=True, capture_output=True)
    subprocess.run(["osslsigncode", "sign", "-certs", certificate, "-key", key, "-in",
                    program().parent / "loopback.dll", "-out", tmp_path / "loopback.dll"],
                   check=True, capture_output=True)
    shutil.copy(manifest("loopback"), tmp_path)
    done = run("run", "--manifest", windows(tmp_path / "loopback.ini"), "--provider", "loopback.stream",
               "--case", "provider.loads", records=records)
    (provider,) = done.of("provider")
    assert done.status == 0 and provider["signature"].startswith("Acmé Inc., "), provider["signature"]
