"""What texts of others may hold that nobody should see: secrets, and what cannot be seen."""

import re

from landshift.runtime.addresses import redact

UNSEEN = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
"""Within brackets of a pattern: codes that a terminal obeys, marks that turn the direction of a
line, other ends of a line, and halves of a character, which no file takes."""

_UNSEEN = re.compile(f"[{UNSEEN}]")


def make_plain(text: str) -> str:
    r"""Make a text fit for logs and the screen: without secrets, and with what is unseen as codes.

    Names of files, licences and answers of servers may hold codes that move the cursor, hide lines
    or change what the terminal is called. Tabs and ends of lines stay.

    Examples
    --------
    >>> print(make_plain("dem\x1b[2K\r.tif"))
    dem\x1b[2K\x0d.tif
    """
    return _UNSEEN.sub(_name_code, redact(text))


def _name_code(found: re.Match[str]) -> str:
    code = ord(found.group())
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
