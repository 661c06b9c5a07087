"""Say which locked packages have known vulnerabilities, and which could not be looked up.

.venv/bin/python .ci/audit.py .venv-audit/bin/pip-audit
"""

import json
import subprocess
import sys
from datetime import UTC, datetime


def main(program: str) -> int:
    """Print what pip-audit finds; 1 if anything is vulnerable, 2 if anything is unknown."""
    command = [
        *(program, "--requirement", "requirements.lock", "--require-hashes", "--disable-pip"),
        *("--format", "json", "--progress-spinner", "off"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        print(
            "no database of vulnerabilities was used, so nothing is known: the service of PyPI "
            f"gave no answer ({done.stderr.strip()[-300:]})"
        )
        return 2
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    vulnerable = [package for package in packages if package.get("vulns")]
    for package in vulnerable:
        found = ", ".join(each["id"] for each in package["vulns"])
        print(f"{package['name']} {package['version']}: {found}")
    print(
        f"PyPI's database of vulnerabilities, asked {datetime.now(UTC):%Y-%m-%d %H:%M} UTC: "
        f"{len(packages)} locked packages, {len(vulnerable)} with known vulnerabilities, "
        f"{len(unknown)} that the service does not know or did not answer for"
    )
    return 1 if vulnerable else 2 if unknown else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
