"""What may pass by itself is tried again, with growing and random pauses; what may not is not."""

import logging
from collections.abc import Callable
from typing import TypeVar

import requests
import tenacity

from landshift.acquire.addresses import redact

ATTEMPTS = 6
"""How often one transfer is tried [1]."""
FIRST_WAIT_S = 1.0
"""Pause before the second attempt [s]; it doubles with each, with jitter."""
LONGEST_WAIT_S = 60.0
"""Longest pause between two attempts [s], also where a server asks for more."""
TIMEOUT_S = (15.0, 60.0)
"""Longest wait for a connection and for the next bytes [s]."""
HEADERS = {"Accept-Encoding": "identity", "User-Agent": "landshift"}
"""Without compression on the way, Content-Length counts the bytes of the file."""

_PASSING = (408, 425, 429)
_log = logging.getLogger("landshift.acquire")
Result = TypeVar("Result")


class ChecksumError(OSError):
    """A file is whole but is not the one that was asked for."""


class PassingError(OSError):
    """A transfer failed in a way that may pass; `wait_s` is what the server asked for [s]."""

    def __init__(self, message: str, wait_s: float = 0.0) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class AbsentError(FileNotFoundError):
    """The service answers that it has no such file."""


class RefusedError(PermissionError):
    """The service refuses: a signature is missing or has expired."""


def retry(transfer: Callable[..., Result], *arguments: object) -> Result:
    """Call until it succeeds or fails for good.

    Raises
    ------
    OSError
        If every attempt ended in a `PassingError`; other errors are raised as they come.
    """
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(PassingError),
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        wait=choose_wait,
        before_sleep=_report,
        reraise=True,
    )
    try:
        return retrying(transfer, *arguments)
    except PassingError as error:
        raise OSError(f"{error}; gave up after {ATTEMPTS} attempts, run again later") from None


def choose_wait(state: tenacity.RetryCallState) -> float:
    """Choose the pause before the next attempt [s]: random and growing, or what was asked for."""
    pause = tenacity.wait_random_exponential(multiplier=FIRST_WAIT_S, max=LONGEST_WAIT_S)(state)
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait_s if isinstance(error, PassingError) else 0.0
    return min(max(asked, FIRST_WAIT_S / 2 + pause), LONGEST_WAIT_S)


def check_status(address: str, reply: requests.Response) -> None:
    """Raise the error that an answer of a server stands for, if it is not the file."""
    status = reply.status_code
    answer = f"{address}: the server answered {status} {reply.reason}"
    if status in _PASSING or status >= 500:
        asked = reply.headers.get("Retry-After", "")
        raise PassingError(answer, float(asked) if asked.isdigit() else 0.0)
    if status in (404, 410):
        raise AbsentError(f"{answer}; check the address")
    if status in (401, 403):
        raise RefusedError(f"{answer}; check the address and whether it needs a signature")
    if status not in (200, 206):
        raise OSError(f"{answer}; check the address")


def explain_connection(address: str, error: requests.RequestException) -> PassingError:
    """Turn an error of the connection, whose text may hold a signature, into one that may pass."""
    if isinstance(error, requests.Timeout):
        return PassingError(f"{address}: no answer in time")
    kind = type(error).__name__
    return PassingError(f"{address}: the connection failed or broke off ({kind})")


def _report(state: tenacity.RetryCallState) -> None:
    _log.warning(
        "%s; attempt %d of %d in %.1f s",
        redact(str(state.outcome.exception() if state.outcome else "")),
        state.attempt_number + 1,
        ATTEMPTS,
        state.next_action.sleep if state.next_action else 0.0,
    )
