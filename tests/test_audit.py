"""`make audit` says whom it asked and when, or that nobody answered."""

import subprocess
import sys
from pathlib import Path

import pytest

AUDIT = Path(__file__).parents[1] / ".ci" / "audit.py"
KNOWN = '{"dependencies": [{"name": "a", "version": "1", "vulns": [%s]}, {"name": "b"%s}]}'
ASKED = "PyPI's database of vulnerabilities, asked 20"


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (KNOWN % ("", ', "vulns": []'), 0, f"{ASKED}"),
        (KNOWN % ('{"id": "CVE-1"}', ', "vulns": []'), 1, "a 1: CVE-1"),
        (KNOWN % ("", ', "skip_reason": "unknown"'), 2, "1 that the service does not know"),
        (
            "",
            2,
            "no database of vulnerabilities was used, so nothing is known: the service of PyPI",
        ),
        ("<html>", 2, "no database of vulnerabilities was used"),
    ],
)
def test_the_audit_says_what_it_knows(answer, code, said, tmp_path):
    program = tmp_path / "pip-audit"
    program.write_text(f"#!/bin/sh\necho offline >&2\ncat <<'END'\n{answer}\nEND\n")
    program.chmod(0o755)
    done = subprocess.run(
        [sys.executable, AUDIT, program], capture_output=True, text=True, check=False
    )
    assert done.returncode == code and said in done.stdout
    assert (ASKED in done.stdout) == ("no database" not in done.stdout)
