"""Secrets in addresses: what is cut from everything that is written."""

import re

_SECRETS = re.compile(
    r"(?P<scheme>\b[a-z][a-z0-9+.-]*://)(?:[^\s/?'\"<>]*@)?(?P<place>[^\s?'\"<>]*)"
    r"(?:\?[^\s'\"<>)]*)?",
    re.IGNORECASE,
)


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
