"""A tunnel on this machine, through which GDAL reaches one server and no other.

GDAL follows redirects by itself and cannot be told not to. Through this tunnel, a proxy of SOCKS 5
(https://www.rfc-editor.org/rfc/rfc1928), it reaches the server that the policy has admitted.
"""

import ipaddress
import selectors
import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from landshift.acquire.fetch.policy import PORTS, PolicyError, Web

_GREETING, _CONNECTED, _REFUSED = b"\x05\x00", b"\x05\x00\x00\x01" + bytes(6), b"\x05\x02\x00\x01"
_NUMBERS = {1: 4, 4: 16}
_BYTES = 1 << 16


@contextmanager
def open_tunnel(web: Web, place: str) -> Iterator[str]:
    """Open a tunnel to the server of an address; yields the address of the tunnel.

    Raises
    ------
    PolicyError
        At the end, if another server was asked for: the one at `place` has redirected GDAL there.
    """
    parts = urlsplit(place)
    with _Tunnel(web, (parts.hostname or "", parts.port or PORTS[parts.scheme])) as tunnel:
        thread = threading.Thread(target=tunnel.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"socks5h://127.0.0.1:{tunnel.server_address[1]}"
        finally:
            tunnel.shutdown()
            thread.join()
            tunnel.end()
            if tunnel.refused:
                raise PolicyError(
                    f"{parts.scheme}://{parts.netloc}{parts.path}: its server leads on to "
                    f"{tunnel.refused} in the midst of reading; if you trust that one, state its "
                    "address in the study"
                ) from None


class _Tunnel(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, web: Web, allowed: tuple[str, int]) -> None:
        self.web, self.allowed, self.refused = web, allowed, ""
        self.lines: list[socket.socket] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    def end(self) -> None:
        """End the connections that GDAL keeps for later."""
        for line in self.lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request, client_address) -> None:
        """Leave it to GDAL, which sees its connection end."""


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        _, methods = self.rfile.read(2)
        self.rfile.read(methods)
        self.wfile.write(_GREETING)
        host, port = self._read_wish()
        if (host.lower().rstrip("."), port) != self.server.allowed:
            self.server.refused = f"{host}:{port}"
            self.wfile.write(_REFUSED + bytes(6))
            return
        with self.server.web.connect(host, port) as other:
            self.server.lines.append(other)
            self.wfile.write(_CONNECTED)
            _relay(self.connection, other)

    def _read_wish(self) -> tuple[str, int]:
        _, _, _, kind = self.rfile.read(4)
        if kind in _NUMBERS:
            host = str(ipaddress.ip_address(self.rfile.read(_NUMBERS[kind])))
        else:
            host = self.rfile.read(self.rfile.read(1)[0]).decode("ascii")
        return host, struct.unpack("!H", self.rfile.read(2))[0]


def _relay(one: socket.socket, other: socket.socket) -> None:
    """Pass bytes on in both directions until one side ends."""
    with selectors.DefaultSelector() as waiting, suppress(OSError):
        waiting.register(one, selectors.EVENT_READ, other)
        waiting.register(other, selectors.EVENT_READ, one)
        while True:
            for key, _ in waiting.select():
                if not (content := key.fileobj.recv(_BYTES)):
                    return
                key.data.sendall(content)
