"""A local stand-in for public services: files with byte ranges, a STAC search, and faults."""

import http.server
import json
import random
import re
import threading
import time
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

FAULTS = ("error", "busy", "reset", "truncated", "slow", "short")
PASSING = 0.25


class QuietServer(http.server.ThreadingHTTPServer):
    """Takes clients that hang up as they are."""

    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


class Services:
    """Serve a folder that holds ``host/path`` of public addresses, as a mirror does.

    Parameters
    ----------
    folder
        The files.
    seed
        Seed of the faults; None injects none.
    faults
        Kinds of faults to draw from: ``error`` 500, ``busy`` 429 with Retry-After, ``reset``,
        ``truncated`` body, ``slow`` drip, ``short`` with a length that is wrong but consistent.
    share
        Share of the requests that go wrong.
    """

    def __init__(self, folder, *, seed=None, faults=FAULTS, share=PASSING):
        self.folder = Path(folder)
        self.faults = faults
        self.share = share
        self.random = random.Random(seed) if seed is not None else None
        self.lock = threading.Lock()
        self.log = []
        self.required_token = None
        self.pause_s = 0.0
        services = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                services.answer(self)

            def do_HEAD(self):
                services.answer(self)

            def do_POST(self):
                length = int(self.headers.get("Content-Length", 0))
                services.answer(self, json.loads(self.rfile.read(length)))

            def log_message(self, *arguments):
                pass

        self.http = QuietServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()
        self.address = f"http://127.0.0.1:{self.http.server_port}"

    def __enter__(self):
        return self

    def __exit__(self, *arguments):
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()

    def answer(self, handler, body=None):
        """Answer one request, perhaps badly."""
        parts = urlsplit(handler.path)
        name = unquote(parts.path).lstrip("/")
        fault = self.draw_fault()
        if self.pause_s:
            time.sleep(self.pause_s)
        if name.endswith("/search"):
            content, status = self.search(name, body or read_query(parts.query)), 200
            headers = {"Content-Type": "application/geo+json"}
        else:
            content, status, headers = self.read(handler, name, parts.query)
        if fault == "error":
            content, status, headers = b"", 500, {}
        if fault == "busy":
            content, status, headers = b"", 429, {"Retry-After": "0"}
        self.send(handler, content, status, headers, fault)

    def draw_fault(self):
        """Draw how the next answer goes wrong, if it does."""
        with self.lock:
            if self.random is None or self.random.random() >= self.share:
                return None
            return self.random.choice(self.faults)

    def read(self, handler, name, query):
        """Read a file or a range of it."""
        token = parse_qs(query).get("token", [None])[0]
        if self.required_token and name.endswith(".tif") and token != self.required_token:
            return b"", 403, {}
        path = self.folder / name
        path = path / "catalog.json" if path.is_dir() else path
        if not path.is_file():
            return b"", 404, {}
        size = path.stat().st_size
        headers = {"Accept-Ranges": "bytes", "Last-Modified": "Sun, 01 Nov 2026 00:00:00 GMT"}
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", handler.headers.get("Range", ""))
        with path.open("rb") as file:
            if not asked:
                return file.read(), 200, headers
            first = int(asked[1])
            last = min(int(asked[2] or size - 1), size - 1)
            if first >= size:
                return b"", 416, headers | {"Content-Range": f"bytes */{size}"}
            file.seek(first)
            content = file.read(last - first + 1)
        return content, 206, headers | {"Content-Range": f"bytes {first}-{last}/{size}"}

    def search(self, name, query):
        """Search the items below a catalogue: by collection, box, days and cloud."""
        root = self.folder / name.removesuffix("/search")
        found = []
        for path in sorted(root.rglob("items/*.json")):
            item = json.loads(path.read_text())
            first, last = (day[:10] for day in query["datetime"].split("/"))
            cloud = query.get("query", {}).get("eo:cloud_cover", {}).get("lte", 100)
            west, south, east, north = query["bbox"]
            overlaps = item["bbox"][0] < east and item["bbox"][2] > west
            overlaps = overlaps and item["bbox"][1] < north and item["bbox"][3] > south
            day = item["properties"]["datetime"][:10]
            clear = item["properties"]["eo:cloud_cover"] <= cloud
            if item["collection"] in query["collections"] and overlaps and clear:
                found += [item] if first <= day <= last else []
        return json.dumps({"type": "FeatureCollection", "features": found, "links": []}).encode()

    def send(self, handler, content, status, headers, fault):
        """Send an answer, or a part of it."""
        length = len(content)
        if fault == "reset" and length:
            self.note(handler, status, 0)
            handler.close_connection = True
            handler.connection.close()
            return
        sent = content[: length // 2] if fault in ("truncated", "short") else content
        handler.send_response(status)
        for key, value in headers.items():
            handler.send_header(key, value)
        handler.send_header("Content-Length", str(len(sent) if fault == "short" else length))
        if fault == "truncated":
            handler.send_header("Connection", "close")
            handler.close_connection = True
        handler.end_headers()
        if handler.command == "HEAD":
            sent = b""
        try:
            for part in split(sent, 8 if fault == "slow" else 1):
                handler.wfile.write(part)
                handler.wfile.flush()
                time.sleep(0.002 if fault == "slow" else 0)
        except (BrokenPipeError, ConnectionResetError):
            handler.close_connection = True
        self.note(handler, status, len(sent))

    def note(self, handler, status, size):
        """Write a request into the log: command, path, status, bytes."""
        with self.lock:
            self.log.append((handler.command, handler.path, status, size))


def split(content, parts):
    step = max(1, -(-len(content) // parts))
    return [content[start : start + step] for start in range(0, len(content), step)]


def read_query(text):
    query = {key: values[0] for key, values in parse_qs(text).items()}
    query["collections"] = query.get("collections", "").split(",")
    query["bbox"] = [float(edge) for edge in query["bbox"].split(",")]
    if "query" in query:
        query["query"] = json.loads(query["query"])
    return query
