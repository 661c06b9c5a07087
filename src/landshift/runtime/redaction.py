"""What texts of others may hold that nobody should see: secrets, and what cannot be seen."""

import re

_SECRETS = re.compile(
    r"(?P<scheme>\b[a-z][a-z0-9+.-]*://)(?:[^\s/?'\"<>]*@)?(?P<place>[^\s?'\"<>]*)"
    r"(?:\?[^\s'\"<>)]*)?",
    re.IGNORECASE,
)

UNSEEN = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
"""Within brackets of a pattern: codes that a terminal obeys, marks that turn the direction of a
line, other ends of a line, and halves of a character, which no file takes."""

_UNSEEN = re.compile(f"[{UNSEEN}]")


def redact(text: str) -> str:
    """Cut user, password and query of all addresses in a text.

    They may hold signatures and tokens. Records, logs and errors pass through here.

    Examples
    --------
    >>> redact("failed: https://example.org/B04.tif?sig=secret, tried twice")
    'failed: https://example.org/B04.tif tried twice'
    >>> redact("https://user:password@example.org/dem.tif")
    'https://example.org/dem.tif'
    """
    return _SECRETS.sub(r"\g<scheme>\g<place>", text)


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
