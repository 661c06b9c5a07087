"""A server that is killed in the middle of a download: a real one, in a process of its own."""

import hashlib
import signal
import subprocess
import sys
from contextlib import contextmanager

from landshift.acquire.fetch import policy as retrying
from landshift.acquire.fetch.store import Store

from .conftest import explain, load_main, write_tif

SERVER = """
import http.server, os, signal, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        content = open(sys.argv[1], "rb").read()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if sys.argv[3] == "dies":
            self.wfile.write(content[: len(content) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        self.wfile.write(content)

server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[2])), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


@contextmanager
def serve(path, port, life):
    command = [sys.executable, "-c", SERVER, str(path), str(port), life]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            yield server, int(server.stdout.readline())
        finally:
            server.kill()


def acquire(folder, port):
    sha256 = hashlib.sha256((folder / "served.tif").read_bytes()).hexdigest()
    load_main("acquire_dem")(
        entry={"url": f"http://127.0.0.1:{port}/dem.tif", "sha256": sha256},
        grid={"resolution_m": 30}, store=Store(folder / "cache"),
        dem=folder / "out/dem.tif", detail=folder / "out/dem_detail.tif",
        record=folder / "out/dem.json",
    )  # fmt: skip


def test_a_killed_server_is_named_and_the_next_run_fetches_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(retrying, "FIRST_WAIT_S", 0.001)
    write_tif(tmp_path / "served.tif")
    with serve(tmp_path / "served.tif", 0, "dies") as (server, port):
        sentence = explain(acquire, tmp_path, port)
        assert server.wait() == -signal.SIGKILL
    assert sentence == (
        f"http://127.0.0.1:{port}/dem.tif: the connection failed or broke off (ConnectionError); "
        "gave up after 6 attempts, run again later"
    )
    assert not (tmp_path / "out").exists()
    assert not list((tmp_path / "cache").rglob("*.tif"))
    with serve(tmp_path / "served.tif", port, "lives"):
        acquire(tmp_path, port)
    assert (tmp_path / "out/dem.tif").is_file()
