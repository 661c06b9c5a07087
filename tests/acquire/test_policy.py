"""Servers with bad intent: each is refused in a sentence, and what it wanted stays undone."""

import ast
import gzip
import hashlib
import http.server
import ipaddress
import json
import os
import re
import shutil
import socket
import ssl
import threading
import time
import zipfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from landshift.acquire.fetch import catalogues, policy, windows
from landshift.acquire.fetch.catalogues import Query, search_items
from landshift.acquire.fetch.downloads import fetch_asset, fetch_current, find_member
from landshift.acquire.fetch.policy import PolicyError, Web, read_limited
from landshift.acquire.fetch.store import Store, write_json
from landshift.acquire.fetch.windows import fetch_window
from landshift.acquire.layer import Layer
from landshift.acquire.layers.rasters import acquire_layer

from .services import QuietServer, Services

pytestmark = pytest.mark.attack

PACKAGE = Path(__file__).parents[2] / "src" / "landshift"
PUBLIC = "http://8.8.8.8/catalogue"
"""A public server that named an address."""


class Odd:
    """A server that answers each path as a function says; also a proxy, of whole addresses."""

    def __init__(self):
        self.answers = {}
        self.requests = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                outer.requests.append((self.command, self.path, dict(self.headers), body))
                answer = outer.answers.get(self.path.partition("?")[0])
                reply = answer(self) if answer else (404, {}, b"")
                if reply is None:  # the function has written its own
                    return
                status, headers, content = reply
                self.send_response(status)
                for key, value in (headers | {"Content-Length": str(len(content))}).items():
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(b"" if self.command == "HEAD" else content)

            do_HEAD = do_POST = do_DELETE = do_GET

            def log_message(self, *arguments):
                pass

        self.http = QuietServer(("127.0.0.1", 0), Handler)
        self.port = self.http.server_port
        self.address = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def redirect(self, path, target, status=302):
        self.answers[path] = lambda handler: (status, {"Location": target}, b"")

    def serve(self, path, content, **headers):
        content = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.answers[path] = lambda handler: (200, headers, content)

    def encrypt(self, folder, monkeypatch):
        """Answer by TLS from now on, by a certificate that is trusted; returns the address."""
        certificate = write_certificate(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        return self.address.replace("http:", "https:")

    def close(self):
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


@pytest.fixture
def odd():
    server = Odd()
    yield server
    server.close()


@pytest.fixture
def inner():
    """A service of the user's own network, which holds a secret."""
    server = Odd()
    server.serve("/secret", b"secret")
    yield server
    server.close()


@pytest.fixture
def proxied(odd, monkeypatch):
    """Reach public addresses through a proxy; those of the user's own network directly."""
    monkeypatch.setenv("http_proxy", odd.address)
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    return odd


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:127.0.0.1]",
     "169.254.169.254", "10.0.0.1", "192.168.1.1", "[fe80::1]", "0.0.0.0", "100.64.0.1"],
)  # fmt: skip
def test_a_public_server_cannot_redirect_into_a_private_network(proxied, inner, host):
    proxied.redirect("http://public.example/dem.tif", f"http://{host}:{inner.port}/secret")
    with pytest.raises(PolicyError, match=r"lies in a private network .*; if you trust it, state"):
        Web().ask("http://public.example/dem.tif")
    assert not inner.requests and len(proxied.requests) == 1


def test_what_counts_is_the_machine_that_a_name_leads_to(inner, monkeypatch):
    resolve = socket.getaddrinfo

    def rebind(host, *arguments, **options):
        return resolve("127.0.0.1" if host == "rebound.example" else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", rebind)
    address = f"http://rebound.example:{inner.port}/secret"
    with pytest.raises(PolicyError, match=r"on rebound\.example, which lies in a private network"):
        Web().ask(address, named_by=PUBLIC)
    assert not inner.requests
    assert Web().ask(address).content == b"secret"


def test_the_study_may_name_private_addresses_and_they_each_other(odd, inner):
    odd.redirect("/dem.tif", f"{inner.address}/secret")
    assert Web().ask(f"{odd.address}/dem.tif").content == b"secret"
    odd.redirect("/cloud.tif", "http://169.254.169.254/latest/meta-data/")
    with pytest.raises(PolicyError, match="private network"):
        Web().ask(f"{odd.address}/cloud.tif")


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://x/"])
def test_only_http_is_followed(odd, tmp_path, target):
    odd.redirect("/dem.tif", target)
    with pytest.raises(PolicyError, match=r"names .*: only http and https are followed"):
        fetch_asset(f"{odd.address}/dem.tif", "0" * 64, Store(tmp_path))


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("http://me:word@localhost/x", r"http://localhost/x with a password, which is not sent"),
        ("http://localhost:99999/", "is no address"),
        ("http://[bad/", "is no address"),
        ("http://8.8.8.8\\@127.0.0.1/", "password|private network|no address"),
    ],
)
def test_addresses_that_are_read_in_two_ways_are_refused(odd, target, sentence):
    odd.redirect("/dem.tif", target)
    with pytest.raises(PolicyError, match=sentence) as caught:
        Web().ask(f"{odd.address}/dem.tif")
    assert "word@" not in str(caught.value)


def test_the_body_of_a_redirect_is_not_read(odd, inner):
    def redirect_for_ever(handler):
        handler.close_connection = True
        head = f"HTTP/1.1 302 Found\r\nLocation: {inner.address}/secret\r\n"
        handler.wfile.write(f"{head}Content-Length: 9000000000\r\n\r\n".encode())
        while True:
            handler.wfile.write(bytes(1 << 20))
            sent.append(1)

    sent = []
    odd.answers["/dem.tif"] = redirect_for_ever
    assert Web().ask(f"{odd.address}/dem.tif").content == b"secret"
    assert len(sent) < 100


def test_redirects_in_a_circle_end_in_a_sentence(odd):
    odd.redirect("/a", "/b?token=hidden")
    odd.redirect("/b", "/a")
    with pytest.raises(PolicyError, match=r"more than 10 redirects, perhaps in a circle") as caught:
        Web().ask(f"{odd.address}/a")
    assert len(odd.requests) == policy.MOST_REDIRECTS + 1 and "hidden" not in str(caught.value)


def test_a_redirect_sends_no_password_to_another_host(odd, inner, monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password key\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    odd.redirect("/dem.tif", f"http://localhost:{inner.port}/secret")
    Web().ask(f"{odd.address}/dem.tif")
    assert "Authorization" in odd.requests[0][2] and "Authorization" not in inner.requests[0][2]


def drip(start=b"", pause=0.05):
    """Answer with some bytes, and then a byte at a time for ever."""

    def answer(handler):
        handler.close_connection = True
        with suppress(OSError):
            handler.wfile.write(start)
            for _ in range(400):
                handler.wfile.write(b"a")
                time.sleep(pause)

    return answer


HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"


@pytest.mark.parametrize(
    ("start", "sentence"),
    [
        (b"", "a: no answer in time; gave up after 1 attempts"),
        (HEAD + b"X-Long: ", "a: no answer in time; gave up after 1 attempts"),
        (HEAD + b"Content-Length: 900000\r\n\r\n", "a: less than 64 kB came within 0.3 s"),
        (HEAD + b"\r\n", "a: less than 64 kB came within 0.3 s"),
    ],
    ids=["status", "headers", "content", "content without an end"],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_reply_that_drips_ends(odd, tmp_path, monkeypatch, start, sentence, scheme):
    monkeypatch.setattr(policy, "STALLED_S", 0.3)
    monkeypatch.setattr(policy, "ATTEMPTS", 1)
    odd.answers["/a"] = drip(start)
    address = odd.encrypt(tmp_path, monkeypatch) if scheme == "https" else odd.address
    begun = time.monotonic()
    with pytest.raises(OSError, match=re.escape(sentence)):
        fetch_asset(f"{address}/a", "0" * 64, Store(tmp_path / "cache"))
    assert time.monotonic() - begun < 5


def test_a_handshake_that_drips_ends(monkeypatch):
    monkeypatch.setattr(policy, "STALLED_S", 0.3)
    monkeypatch.setattr(policy, "ATTEMPTS", 1)
    listening = socket.create_server(("127.0.0.1", 0))

    def answer():
        with suppress(OSError):
            connection, _ = listening.accept()
            with connection:
                connection.sendall(b"\x16\x03\x03\x40\x00")  # a message of 16 kB is announced
                for _ in range(400):
                    connection.sendall(b"\x02")
                    time.sleep(0.05)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    begun = time.monotonic()
    with pytest.raises(OSError, match=r"no answer in time; gave up"):
        Web().ask(f"https://127.0.0.1:{listening.getsockname()[1]}/a")
    assert time.monotonic() - begun < 5
    listening.close()
    thread.join()


def test_a_document_has_an_end_in_time(odd, monkeypatch):
    monkeypatch.setitem(policy.LONGEST_S, "document", 0.3)
    monkeypatch.setattr(policy, "STEP", 1)
    odd.answers["/a"] = drip(HEAD + b"\r\n")
    with pytest.raises(PolicyError, match=r"a: the document has not come within 0\.3 s; fetch it"):
        b"".join(read_limited(Web().ask(f"{odd.address}/a"), "document"))


def test_a_slow_reply_that_keeps_coming_is_read(odd, monkeypatch):
    monkeypatch.setattr(policy, "STALLED_S", 0.5)
    monkeypatch.setattr(policy, "STEP", 10)

    def answer(handler):
        handler.wfile.write(HEAD + b"Content-Length: 100\r\n\r\n")
        for _ in range(10):
            time.sleep(0.1)
            handler.wfile.write(b"0123456789")

    odd.answers["/a"] = answer
    content = b""
    for chunk in read_limited(Web().ask(f"{odd.address}/a"), "file"):
        content += chunk
        time.sleep(0.1)  # what is worked on here is no delay of the server
    assert content == b"0123456789" * 10


@pytest.mark.parametrize("kind", ["document", "file"])
def test_a_packed_reply_does_not_become_huge(odd, kind):
    bomb = gzip.compress(bytes(315_000_000), 9)
    assert len(bomb) < 310_000
    odd.serve("/bomb", bomb, **{"Content-Encoding": "gzip"})
    sizes = []
    with pytest.raises(PolicyError, match=r"bomb: the \w+ is larger than \d\d MB .* check the"):
        sizes += [len(chunk) for chunk in read_limited(Web().ask(f"{odd.address}/bomb"), kind)]
    assert sum(sizes) < 64 << 20


def test_an_honest_packed_reply_is_read(odd):
    content = os.urandom(300_000)
    odd.serve("/dem", gzip.compress(content), **{"Content-Encoding": "gzip"})
    assert b"".join(read_limited(Web().ask(f"{odd.address}/dem"), "file")) == content


def test_a_large_document_is_refused(odd, monkeypatch):
    monkeypatch.setitem(policy.MOST_BYTES, "document", 1000)
    odd.serve("/a", b"[" + b" " * 998 + b"]")
    assert b"".join(read_limited(Web().ask(f"{odd.address}/a"), "document"))
    odd.serve("/a", b"[" + b" " * 999 + b"]")
    with pytest.raises(PolicyError, match="the document is larger"):
        b"".join(read_limited(Web().ask(f"{odd.address}/a"), "document"))


def test_a_reply_without_a_length_is_not_kept_without_a_checksum(odd, tmp_path):
    def without_length(handler):
        handler.close_connection = True
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + os.urandom(2007))

    odd.answers["/extract.zip"] = without_length
    with pytest.raises(OSError, match=r"extract\.zip: the server does not say how long the file"):
        fetch_current(f"{odd.address}/extract.zip", Store(tmp_path))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def write_catalogue(server, pages):
    """Write a catalogue with a search whose pages are given."""
    root = server.address
    conforms = ["core", "item-search", "item-search#query"]
    server.serve("/v1", {
        "type": "Catalog", "stac_version": "1.0.0", "id": "c", "description": "images",
        "conformsTo": [f"https://api.stacspec.org/v1.0.0/{name}" for name in conforms],
        "links": [{"rel": "self", "href": f"{root}/v1"},
                  {"rel": "search", "href": pages.pop("search", f"{root}/search"),
                   "method": "POST", "type": "application/geo+json"}],
    })  # fmt: skip
    for path, next_link in pages.items():
        item = {
            "type": "Feature", "stac_version": "1.0.0", "id": path, "collection": "s2",
            "geometry": {"type": "Point", "coordinates": [80, 80]}, "bbox": [80, 80, 80, 80],
            "properties": {"datetime": "2023-06-01T00:00:00Z"}, "links": [], "assets": {},
        }  # fmt: skip
        links = [{"rel": "next", "type": "application/geo+json", **next_link}] if next_link else []
        server.serve(path, {"type": "FeatureCollection", "features": [item], "links": links})


def search(server, folder):
    query = Query(f"{server.address}/v1", "s2", ("2023-05-01", "2023-07-01"), 40.0, 12)
    return search_items(query, (10, 44, 11, 45), Store(folder))


def test_a_next_page_stays_on_its_host(odd, inner, tmp_path):
    inner.serve("/search", {"type": "FeatureCollection", "features": []})
    write_catalogue(odd, {"/search": {"href": f"{inner.address}/search?token=hidden"}})
    with pytest.raises(PolicyError, match=r"its next page lies on another host, .*/search;"):
        search(odd, tmp_path)
    assert not inner.requests


def test_a_search_stays_on_its_host(odd, inner, tmp_path):
    write_catalogue(odd, {"search": f"{inner.address}/search"})
    with pytest.raises(PolicyError, match=r"its search lies on another host"):
        search(odd, tmp_path)
    odd.redirect("/search", f"{inner.address}/search", 307)
    write_catalogue(odd, {})
    with pytest.raises(PolicyError, match=r"redirects a search to .*; state that address"):
        search(odd, tmp_path)
    assert not inner.requests


def test_pages_end_and_headers_of_a_server_are_not_sent(odd, tmp_path, monkeypatch):
    monkeypatch.setattr(catalogues, "MOST_PAGES", 5)
    link = {
        "href": f"{odd.address}/search", "method": "POST", "merge": True, "body": {"token": "two"},
        "headers": {"Authorization": "Basic stolen", "X-Forwarded-For": "10.0.0.1"},
    }  # fmt: skip
    write_catalogue(odd, {"/search": link})
    with pytest.raises(PolicyError, match=r"the search has more than 5 pages; narrow `dates`"):
        search(odd, tmp_path)
    asked = [request for request in odd.requests if request[1] == "/search"]
    assert len(asked) == 5 and "stolen" not in str(asked) and "10.0.0.1" not in str(asked)
    bodies = [json.loads(body) for _, _, _, body in asked]
    assert "token" not in bodies[0] and bodies[1]["token"] == "two"
    assert bodies[1]["collections"] == ["s2"]


def test_a_catalogue_chooses_no_other_method(odd, tmp_path):
    write_catalogue(odd, {"/search": {"href": f"{odd.address}/search", "method": "DELETE"}})
    with pytest.raises(PolicyError, match="is to be asked by DELETE, which is not done"):
        search(odd, tmp_path)
    assert {command for command, *_ in odd.requests} == {"GET", "POST"}


def test_documents_of_a_static_catalogue_end(odd, tmp_path, monkeypatch):
    monkeypatch.setattr(catalogues, "MOST_DOCUMENTS", 7)

    def deepen(handler):
        collection = {
            "type": "Collection", "stac_version": "1.0.0", "id": "s2", "description": "d",
            "license": "other",
            "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]},
                       "temporal": {"interval": [["2015-06-27T00:00:00Z", None]]}},
            "links": [{"rel": "child", "href": f"{odd.address}/{len(odd.requests)}/v1"}],
            "conformsTo": ["https://api.stacspec.org/v1.0.0/core"],
        }  # fmt: skip
        kind = {} if handler.path != "/v1" else {"type": "Catalog"}
        return 200, {}, json.dumps(collection | kind).encode()

    odd.answers |= {"/v1": deepen} | {f"/{number}/v1": deepen for number in range(50)}
    with pytest.raises(PolicyError, match="more than 7 documents"):
        search(odd, tmp_path)
    assert len(odd.requests) == 7


def test_a_static_catalogue_names_no_local_file(odd, tmp_path):
    odd.serve("/v1", {
        "type": "Catalog", "stac_version": "1.0.0", "id": "c", "description": "d",
        "conformsTo": ["https://api.stacspec.org/v1.0.0/core"],
        "links": [{"rel": "child", "href": "file:///etc/passwd"}],
    })  # fmt: skip
    with pytest.raises(PolicyError, match=r"names file:///etc/passwd, which is no address"):
        search(odd, tmp_path)


@pytest.mark.parametrize(
    "document", [[], {}, {"type": "Catalog"}, {"type": "Feature", "id": 1}, {"links": 5}, "text"]
)
def test_a_document_that_is_no_catalogue_is_named(odd, tmp_path, document):
    odd.serve("/v1", document)
    with pytest.raises(OSError, match=r"/v1: is no STAC catalogue that can be read .*; check the"):
        search(odd, tmp_path)


def test_an_asset_of_a_public_catalogue_is_not_private(inner, grid, tmp_path):
    with pytest.raises(PolicyError, match="private network"):
        fetch_window(f"{inner.address}/secret", grid, Store(tmp_path), named_by=PUBLIC)
    assert not inner.requests


def list_land_cover(served):
    """Path of the tile of land cover on a server, and its public address."""
    path = next(served.rglob("*WorldCover*.tif")).relative_to(served)
    return f"/{path}", f"https://{path}"


def test_gdal_starts_where_the_redirects_ended(odd, served, grid, tmp_path):
    path, address = list_land_cover(served)
    with Services(served) as services:
        odd.redirect(path, f"{services.address}{path}")
        asset = fetch_window(address, grid, Store(tmp_path, odd.address))
    assert asset.record["address"] == address and len(odd.requests) == 1


@pytest.mark.parametrize("passed_by", ["", "127.0.0.1,localhost"])
def test_gdal_is_led_nowhere_else(odd, inner, served, grid, tmp_path, monkeypatch, passed_by):
    """The first request is answered; the ranges that GDAL asks for are redirected."""
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("no_proxy", passed_by)
    monkeypatch.setattr(policy, "FIRST_WAIT_S", 0.01)
    path, address = list_land_cover(served)
    content = (served / path.lstrip("/")).read_bytes()

    def lead_on(handler):
        if len(odd.requests) > 1:
            return 302, {"Location": f"http://localhost:{inner.port}/secret"}, b""
        return 206, {"Content-Range": f"bytes 0-511/{len(content)}"}, content[:512]

    odd.answers[path] = lead_on
    with pytest.raises(PolicyError, match=rf"leads on to localhost:{inner.port} in the midst"):
        fetch_window(address, grid, Store(tmp_path, odd.address))
    assert inner.requests == [] and len(odd.requests) > 1
    assert os.environ["no_proxy"] == passed_by


def test_a_mirror_of_a_stated_certificate(served, grid, tmp_path, monkeypatch):
    _, address = list_land_cover(served)
    certificate = write_certificate(tmp_path)
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(variable, raising=False)
    with Services(served) as services:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        services.http.socket = context.wrap_socket(services.http.socket, server_side=True)
        mirror = services.address.replace("http:", "https:")
        monkeypatch.setattr(policy, "ATTEMPTS", 1)
        with pytest.raises(OSError, match=r"certificate .* name .* in CURL_CA_BUNDLE"):
            fetch_window(address, grid, Store(tmp_path / "cache", mirror))
        monkeypatch.setenv("CURL_CA_BUNDLE", str(certificate))
        assert fetch_window(address, grid, Store(tmp_path / "cache", mirror)).path.is_file()


def write_certificate(folder):
    """Write a certificate for this machine, signed by itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mirror")])
    now = datetime.now(UTC)
    own = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
        .add_extension(own, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "certificate.pem"
    path.write_bytes(private + certificate.public_bytes(pem))
    return path


def test_an_archive_does_not_become_huge(tmp_path, monkeypatch):
    path = tmp_path / "lines.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("roads.shp", bytes(600_000))
        archive.writestr("roads.dbf", bytes(500_000))
    assert find_member(path, "roads.shp") == f"/vsizip/{path}/roads.shp"
    monkeypatch.setitem(policy.MOST_BYTES, "file", 1_000_000)
    with pytest.raises(PolicyError, match=r"roads\.shp becomes .* when it is unpacked; unpack"):
        find_member(path, "roads.shp")
    with pytest.raises(OSError, match=r"lines\.zip: lacks rivers\.shp; delete it"):
        find_member(path, "rivers.shp")


def test_secrets_of_addresses_are_written_nowhere(tmp_path):
    secrets = ["https://me:word@host.example/dem.tif", "https://host.example/a?sig=word&x=1"]
    write_json(
        {"licence": f"see {secrets[0]}", "sources": [{"address": secrets[1]}]}, tmp_path / "a"
    )
    written = (tmp_path / "a").read_text()
    assert "word" not in written and "sig" not in written
    assert json.loads(written)["sources"] == [{"address": "https://host.example/a"}]


@pytest.mark.parametrize("entry", [{"url": "https://me:word@host.example/a", "sha256": "0" * 64},
                                   {"stac": "https://me:word@host.example/v1"}])  # fmt: skip
def test_credentials_in_a_study_are_refused_without_repeating_them(entry):
    with pytest.raises(
        ValueError, match=r"on host\.example holds credentials; .*\.netrc"
    ) as caught:
        Layer.parse(entry)
    assert "word" not in str(caught.value)


def test_credentials_of_a_mirror_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"mirror on host\.example holds credentials; .*\.netrc"):
        Store(tmp_path, "http://me:word@host.example/")


def test_the_cache_of_another_user_is_refused_unless_stated(tmp_path, monkeypatch):
    folder = Store(tmp_path / "new" / "cache").folder
    assert folder.stat().st_mode & 0o777 == 0o700
    monkeypatch.setattr(os, "getuid", lambda: folder.stat().st_uid + 1)
    with pytest.raises(ValueError, match=r"belongs to another user.*LANDSHIFT_SHARED_CACHE=1"):
        _ = Store(folder).folder
    monkeypatch.setenv("LANDSHIFT_SHARED_CACHE", "1")
    assert Store(folder).folder == folder


def test_a_window_of_another_place_or_source_does_not_pass_for_the_one_asked_for(
    served, grid, tmp_path
):
    entry = Layer.parse({"recipe": "esa_worldcover"})
    with Services(served) as services:
        store = Store(tmp_path, services.address)
        first = acquire_layer("land_cover", entry, grid, store)
        (kept,) = (tmp_path / "windows").glob("*.json")
        whole, poisoned = kept.read_text(), json.loads(kept.read_text())
        poisoned["asked"][0] = "https://other.example/codes.tif"
        unbound = json.loads(whole)
        for key in ("etag", "modified", "size"):
            unbound["record"].pop(key, None)
        for stored in (poisoned, unbound, {}, []):
            kept.write_text(json.dumps(stored))
            count = len(services.log)
            again = acquire_layer("land_cover", entry, grid, store)
            assert len(services.log) > count and again.data.identical(first.data)
        shutil.copy(next(served.rglob("*Copernicus*.tif")), kept.with_suffix(".tif"))
        count = len(services.log)
        assert acquire_layer("land_cover", entry, grid, store).data.identical(first.data)
        assert len(services.log) > count


def test_no_module_sends_a_request_past_the_policy():
    sent = re.compile(r"requests\.(get|post|head|put|request|Session)\b|urlopen|http\.client")
    for path in PACKAGE.rglob("*.py"):
        names = {
            alias.name.split(".")[0]
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        own = path == PACKAGE / "acquire/fetch/policy.py"
        assert own or not (sent.search(path.read_text()) or {"urllib3", "httpx"} & names), path


@pytest.mark.parametrize(
    "record",
    ["[" * 100_000, "[1]", '"a"', "{}", '{"record": "etag", "asked": 1}', '{"address": "x"}', "\0"],
)
def test_a_spoilt_record_in_a_cache_is_none(odd, tmp_path, record):
    """Whoever shares the cache may have written it, or a disk may have cut it."""
    odd.serve("/extract.zip", b"content", Connection="close")
    store = Store(tmp_path / "cache")
    path, _ = fetch_current(f"{odd.address}/extract.zip", store)
    for kept in (path.with_name(".record.json"), store.folder / "windows" / "a.json"):
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(record.replace('"x"', json.dumps(f"{odd.address}/extract.zip")))
    again, found = fetch_current(f"{odd.address}/extract.zip", store)
    assert again == path and found["sha256"] == hashlib.sha256(b"content").hexdigest()
    (store.folder / "windows" / "a.tif").write_text("")
    kept = store.folder / "windows" / "a.json"
    assert windows._find_kept(kept.with_suffix(".tif"), kept, 1) is None
