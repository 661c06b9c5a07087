"""What may be requested, and of whom: every request of this package passes through here.

`requests` keeps connections, certificates, proxies and ``.netrc``; urllib3's `Retry` asks again
after refused connections and passing statuses, with growing pauses or those that a server asks
for. What neither does is here:

- An address that a server names, by a redirect, a link or an asset, may lie in a private network
  only if that server does. What counts is the machine that is reached, not the name of its host.
  Through a proxy, which looks up names itself, only addresses in numbers can be judged.
- Redirects change neither the scheme to one of files nor a search into another one, and end.
- A reply is limited in size, as it comes and unpacked, and in time: `requests` waits for each byte
  anew, so that one that drips would never end.
- What breaks off in its middle, after the status that `Retry` sees, is asked for again.
"""

import ipaddress
import logging
import math
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ReadTimeoutError

from landshift.runtime.addresses import redact

ATTEMPTS = 6
"""How often one transfer is tried [1]."""
FIRST_WAIT_S = 1.0
"""Pause before the third attempt [s]; it doubles with each, with jitter."""
LONGEST_WAIT_S = 60
"""Longest pause between two attempts [s], also where a server asks for more."""
TIMEOUT_S = (15.0, 60.0)
"""Longest wait for a connection and for the next bytes [s]."""
STALLED_S = 60.0
"""Longest time for a connection with its certificates, for the headers of a reply, and for each
`STEP` of its content, however it drips [s]: a kilobyte per second is enough."""
STEP = 64 << 10
"""Bytes of a reply that are read at once."""
LONGEST_S = {"document": 600.0, "file": 86_400.0}
"""Longest time for an answer of a catalogue, and for a file [s]."""
HEADERS = {"Accept-Encoding": "identity", "User-Agent": "landshift"}
"""Without compression on the way, Content-Length counts the bytes of the file."""
MOST_REDIRECTS = 10
"""Redirects of one request that are followed [1]."""
MOST_BYTES = {"document": 64 << 20, "file": 64 << 30}
"""Largest answer of a catalogue, and largest file or member of an archive [byte]."""
MOST_TIMES = 100
"""How much larger than what was sent a packed reply may become, from `PACKED_BYTES` on [1]."""
PACKED_BYTES = 10 << 20
CHUNK = 1 << 20
"""Bytes moved at once."""
PORTS = {"http": 80, "https": 443}
"""Schemes of addresses that are asked, with their ports."""

PASSING = (408, 425, 429, *range(500, 600))
_PUBLIC, _PRIVATE, _ANY = range(3)
_log = logging.getLogger("landshift.acquire")
# It writes paths with their queries, which may hold signatures; `_Retry` says the same without.
logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
Result = TypeVar("Result")


class PolicyError(ValueError):
    """A server asks for what is not done."""


class PassingError(OSError):
    """A transfer failed in a way that may pass."""


class AbsentError(FileNotFoundError):
    """The service answers that it has no such file."""


class RefusedError(PermissionError):
    """The service refuses: a signature is missing or has expired."""


class Web:
    """One session, for all requests of a study."""

    def __init__(self) -> None:
        self._reach: dict[tuple[str, int], int] = {}
        self.session = _Session()
        self.session.headers.update(HEADERS)
        for scheme in PORTS:
            self.session.mount(f"{scheme}://", _Adapter(self._reach))

    def ask(
        self,
        url: str,
        *,
        named_by: str | None = None,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        **content: Any,
    ) -> requests.Response:
        """Send a request and follow its redirects as far as the policy allows.

        Parameters
        ----------
        url
            The address, perhaps signed.
        named_by
            Address of the answer that named this one; None if the study itself does.
        method
            ``GET`` or ``POST``.
        headers
            Further headers; they are this package's own, never those that a server asks for.
        content
            ``params`` or ``json`` of `requests.Session.request`.

        Returns
        -------
        requests.Response
            Of any status, its body not read yet.

        Raises
        ------
        PolicyError
            If the request, or one that it is redirected to, is not allowed.
        OSError
            If no server answers.
        """
        if method not in ("GET", "POST"):
            raise PolicyError(
                f"{redact(url)}: is to be asked by {method}, which is not done; tell the service"
            )
        for _ in range(MOST_REDIRECTS + 1):
            self._admit(url, named_by)
            reply = self._send(method, url, headers=headers, **content)
            target = self.session.get_redirect_target(reply)
            if target is None:
                return reply
            reply.close()
            if method != "GET":
                raise PolicyError(
                    f"{redact(url)}: redirects a search to {redact(target)}; state that address"
                )
            named_by, url, content = url, _join(url, target), {}
        raise PolicyError(
            f"{redact(url)}: more than {MOST_REDIRECTS} redirects, perhaps in a circle; check the "
            "address"
        )

    def connect(self, host: str, port: int) -> socket.socket:
        """Connect to a machine that `ask` has reached before, by the same rules.

        Raises
        ------
        PolicyError
            If the name of the host leads elsewhere now, into a private network.
        OSError
            If it does not answer.
        """
        sock = socket.create_connection((host, port), TIMEOUT_S[0])
        sock.settimeout(None)
        return _check_peer(sock, host, self._reach.get((host, port), _PUBLIC))

    def _admit(self, url: str, named_by: str | None) -> None:
        host, port = _find_host(url, named_by)
        reach = _ANY
        if named_by is not None:
            reach = _PRIVATE if _is_private(urlsplit(named_by).hostname or "") else _PUBLIC
        reach = self._reach[host, port] = max(reach, self._reach.get((host, port), _PUBLIC))
        if number := _read_number(host):
            _check_reach(number, host, reach)

    def _send(self, method: str, url: str, **content: Any) -> requests.Response:
        try:
            return self.session.request(
                method, url, stream=True, allow_redirects=False, timeout=TIMEOUT_S, **content
            )
        except requests.exceptions.SSLError:
            raise OSError(
                f"{redact(url)}: the certificate of the server cannot be verified; if you trust "
                "it, name a file with it in CURL_CA_BUNDLE"
            ) from None
        # The text of these errors holds the whole address, its signature included: cut the chain.
        except requests.RequestException as error:
            raise give_up(explain_connection(redact(url), error)) from None


class _Session(requests.Session):
    """Leaves redirects to `Web`: `requests` reads their bodies, however large, to prepare them."""

    def resolve_redirects(self, *arguments: Any, **options: Any) -> Iterator[Any]:
        """Prepare none."""
        return iter(())


def _join(url: str, target: str) -> str:
    try:
        return urljoin(url, target)
    except ValueError as error:
        raise PolicyError(
            f"{redact(url)} names {redact(target)}: is no address ({error})"
        ) from None


def _find_host(url: str, named_by: str | None) -> tuple[str, int]:
    """Find the host and the port of an address that may be asked."""
    by = f"{redact(named_by)} names " if named_by else ""
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError as error:
        raise PolicyError(f"{by}{redact(url)}: is no address ({error})") from None
    if port is None or parts.scheme not in PORTS or not parts.hostname:
        raise PolicyError(f"{by}{redact(url)}: only http and https are followed")
    if named_by and "@" in parts.netloc:
        raise PolicyError(f"{by}{redact(url)} with a password, which is not sent; report it")
    return parts.hostname.rstrip("."), port


class _Adapter(HTTPAdapter):
    """Asks again as `_Retry` says, and connects to the machines that may be reached."""

    def __init__(self, reach: Mapping[tuple[str, int], int]) -> None:
        self._pools = {
            "http": _guard(HTTPConnectionPool, HTTPConnection, reach),
            "https": _guard(HTTPSConnectionPool, HTTPSConnection, reach),
        }
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        self.max_retries = open_retry()
        return super().send(request, **options)


class _Watch:
    """Breaks a connection off when its time is up, whatever drips through it until then.

    Parameters
    ----------
    sock
        What is broken off; it may be set later.
    late
        Raised at the end if it was, in place of what that caused.
    """

    def __init__(self, sock: socket.socket | None, late: Exception) -> None:
        self.sock = sock
        self._late = late
        self._broken = False
        self._until = time.monotonic() + STALLED_S
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "_Watch":
        self._thread.start()
        return self

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        self._wait_until(-math.inf)
        self._thread.join()
        if self._broken and (number := self.sock.detach() if self.sock else -1) >= 0:
            os.close(number)  # a reader of the reply may hold the socket open
        if self._broken and not isinstance(error, PolicyError | GeneratorExit):
            raise self._late from None

    def pause(self) -> None:
        """Let time pass, as what has come is worked on."""
        self._wait_until(math.inf)

    def renew(self) -> None:
        """Begin anew."""
        self._wait_until(time.monotonic() + STALLED_S)

    def _wait_until(self, moment: float) -> None:
        with self._changed:
            self._until = moment
            self._changed.notify()

    def _run(self) -> None:
        with self._changed:
            while (left := self._until - time.monotonic()) > 0:
                self._changed.wait(min(left, threading.TIMEOUT_MAX))
            if self._until == -math.inf:
                return
            self._broken = True
        with suppress(OSError):  # not the method of a socket of TLS, which would stop its reader
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


def _guard(pool: type, connection: type, reach: Mapping[tuple[str, int], int]) -> type:
    """Make connections that say whom they reach before anything is sent, and that do not stall."""

    class Guarded(connection):
        def connect(self) -> None:
            self._watch = _Watch(None, ConnectTimeoutError(self, "the connection stalls"))
            try:
                with self._watch:
                    super().connect()
            finally:
                if self._watch.sock is not None:
                    self._watch.sock.close()

        def getresponse(self) -> Any:
            sock = self.sock
            with _Watch(sock, TimeoutError("the headers stall")):
                reply = super().getresponse()
            reply.watched = sock
            return reply

        def _new_conn(self) -> socket.socket:
            sock = super()._new_conn()
            self._watch.sock = sock.dup()  # TLS takes the other over
            return _check_peer(sock, self.host, reach.get((self.host, self.port), _PUBLIC))

    return type(pool.__name__, (pool,), {"ConnectionCls": Guarded})


def _check_peer(sock: socket.socket, host: str, reach: int) -> socket.socket:
    """Check which machine a connection has reached; it is closed if it may not be."""
    try:
        number = ipaddress.ip_address(sock.getpeername()[0].partition("%")[0])
        _check_reach(number, host, reach)
    except PolicyError:
        sock.close()
        raise
    return sock


def _check_reach(number: Any, host: str, reach: int) -> None:
    """Refuse a machine in a private network that a server, not the study, names."""
    number = getattr(number, "ipv4_mapped", None) or number
    allowed = number.is_global or reach == _ANY or (reach == _PRIVATE and not number.is_link_local)
    if not allowed:
        raise PolicyError(
            f"a server names an address on {host}, which lies in a private network ({number}); if "
            "you trust it, state that address in the study"
        )


def _read_number(host: str) -> Any:
    """Read a host that is stated in numbers; None for a name that is to be looked up."""
    if host == "localhost" or host.endswith(".localhost"):
        return ipaddress.ip_address("127.0.0.1")
    try:
        return ipaddress.ip_address(socket.inet_ntoa(socket.inet_aton(host)))
    except OSError:
        pass
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_private(host: str) -> bool:
    try:
        found = {entry[4][0].partition("%")[0] for entry in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    return bool(found) and not any(ipaddress.ip_address(number).is_global for number in found)


class _Retry(Retry):
    """Retries of urllib3 that are told in the log."""

    def increment(self, method=None, url=None, **cause):
        """Count an attempt; raise what `Retry` raises if there is none left."""
        further = super().increment(method, url, **cause)
        pool, error, response = (cause.get(key) for key in ("_pool", "error", "response"))
        place = f"{pool.scheme}://{pool.host}:{pool.port}{url}: " if pool else ""
        reason = type(error).__name__ if pool else error
        told = redact(f"{place}{f'the server answered {response.status}' if response else reason}")
        _log.warning("%s; attempt %d of %d", told, ATTEMPTS - further.total, ATTEMPTS)
        return further


def open_retry() -> Retry:
    """Make the retries of one transfer."""
    return _Retry(
        total=ATTEMPTS - 1,
        allowed_methods=None,
        status_forcelist=PASSING,
        raise_on_status=False,
        backoff_factor=FIRST_WAIT_S / 2,
        backoff_jitter=FIRST_WAIT_S / 2,
        backoff_max=LONGEST_WAIT_S,
        retry_after_max=LONGEST_WAIT_S,
    )


def try_again(transfer: Callable[..., Result], *arguments: object) -> Result:
    """Call until a transfer succeeds or fails for good.

    Raises
    ------
    OSError
        If every attempt ended in a `PassingError`; other errors are raised as they come.
    """
    retries = open_retry()
    while True:
        try:
            return transfer(*arguments)
        except PassingError as error:
            if not retries.total:
                raise give_up(error) from None
            retries = retries.increment(error=error)
            retries.sleep()


def give_up(error: PassingError) -> OSError:
    """Say that all attempts failed."""
    return OSError(f"{error}; gave up after {ATTEMPTS} attempts, run again later")


def check_status(address: str, reply: requests.Response) -> None:
    """Raise the error that an answer of a server stands for, if it is not what was asked for."""
    status = reply.status_code
    answer = f"{address}: the server answered {status} {reply.reason}"
    if status in PASSING:
        raise give_up(PassingError(answer))
    if status in (404, 410):
        raise AbsentError(f"{answer}; check the address")
    if status in (401, 403):
        raise RefusedError(f"{answer}; check the address and whether it needs a signature")
    if status not in (200, 206):
        raise OSError(f"{answer}; check the address")


def explain_connection(address: str, error: requests.RequestException) -> PassingError:
    """Turn an error of the connection, whose text may hold a signature, into one that may pass."""
    reason = getattr(error.args[0], "reason", error) if error.args else error
    slow = isinstance(reason, requests.Timeout | ConnectTimeoutError | ReadTimeoutError)
    # a refused connection is one of time only by its class
    if slow and not isinstance(reason, NewConnectionError):
        return PassingError(f"{address}: no answer in time")
    kind = type(error).__name__
    return PassingError(f"{address}: the connection failed or broke off ({kind})")


@contextmanager
def passing_breaks(address: str) -> Iterator[None]:
    """Turn the end of a reply before its time into an error that is tried again."""
    try:
        yield
    # The text of these errors holds the whole address, its signature included: cut the chain.
    except requests.RequestException as error:
        raise explain_connection(address, error) from None


def read_limited(reply: requests.Response, kind: str) -> Iterator[bytes]:
    """Read a reply by steps, unpacked, up to the limits of its kind.

    Raises
    ------
    PolicyError
        If it is larger than `MOST_BYTES`, or becomes larger by unpacking than any honest content
        does, or takes longer than `LONGEST_S`.
    PassingError
        If it comes too slowly.
    """
    address, received = redact(reply.url), 0
    until = time.monotonic() + LONGEST_S[kind]
    with _watch_content(reply) as watch:
        for chunk in reply.iter_content(min(STEP, MOST_BYTES[kind])):
            watch.pause()
            received += len(chunk)
            sent = reply.raw.tell()
            if received > min(MOST_BYTES[kind], max(PACKED_BYTES, MOST_TIMES * sent)):
                raise PolicyError(
                    f"{address}: the {kind} is larger than {received / 1e6:.0f} MB when it is "
                    f"unpacked, of {sent / 1e6:.1f} MB that were sent; check the address"
                )
            if time.monotonic() > until:
                raise PolicyError(
                    f"{address}: the {kind} has not come within {LONGEST_S[kind]:g} s; fetch it "
                    "yourself and name it by file, or use a mirror"
                )
            yield chunk
            watch.renew()


def read_start(reply: requests.Response, size: int) -> bytes:
    """Read the first bytes of a reply, as `read_limited` does."""
    with _watch_content(reply):
        return next(reply.iter_content(size), b"")


def _watch_content(reply: requests.Response) -> _Watch:
    late = f"{redact(reply.url)}: less than {STEP >> 10} kB came within {STALLED_S:g} s"
    return _Watch(getattr(reply.raw, "watched", None), PassingError(late))


def is_bounded(reply: requests.Response) -> bool:
    """Tell whether a reply says where it ends, so that one that breaks off is noticed."""
    return "Content-Length" in reply.headers or "chunked" in reply.headers.get(
        "Transfer-Encoding", ""
    )
