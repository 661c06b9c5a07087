import hashlib
import http.server
import logging
import os
import threading
import traceback
from pathlib import Path

import geopandas as gpd
import pytest

from landshift.acquire.fetch import policy as retrying
from landshift.acquire.fetch import policy as transfers
from landshift.acquire.fetch.downloads import fetch_asset, fetch_layer
from landshift.acquire.fetch.store import Store, open_store
from landshift.acquire.fetch.transfers import ChecksumError
from landshift.acquire.layer import Layer

CONTENT = os.urandom(300_000)
PAGE = b"<!DOCTYPE html><html><body>Please sign in</body></html>"


def checksum(content):
    return hashlib.sha256(content).hexdigest()


class Server:
    """Serve `files` by path; the next replies misbehave as listed in `faults`."""

    def __init__(self):
        self.files = {"/data/dem.tif": CONTENT}
        self.faults = []
        self.requests = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.requests.append(self.path)
                fault = outer.faults.pop(0) if outer.faults else None
                outer.reply(self, fault)

            def log_message(self, *args):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,))
        self.thread.start()
        self.address = f"http://127.0.0.1:{self.http.server_port}"

    def reply(self, handler, fault):
        content = self.files.get(handler.path.partition("?")[0])
        if isinstance(fault, int) or content is None:
            handler.send_response(404 if content is None else fault)
            handler.send_header("Retry-After", "0")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        if fault == "reset":
            handler.connection.close()
            return
        handler.send_response(200)
        if fault != "unbounded":
            handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        cut = fault in ("truncated", "unbounded")
        handler.wfile.write(content[: len(content) // 2] if cut else content)

    def close(self):
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(retrying, "FIRST_WAIT_S", 0.001)
    server = Server()
    yield server
    server.close()


def fetch(server, cache, content=CONTENT):
    return fetch_asset(f"{server.address}/data/dem.tif", checksum(content), Store(cache))


def left_in(folder):
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in paths if path.parent.name != "records"]


def test_a_file_is_fetched_once_and_kept_under_its_checksum(server, tmp_path):
    path = fetch(server, tmp_path)
    assert path == tmp_path / checksum(CONTENT) / "dem.tif" and path.read_bytes() == CONTENT
    assert fetch(server, tmp_path) == path
    assert server.requests == ["/data/dem.tif"]


@pytest.mark.parametrize(
    "faults",
    [[500], [503, 502], [429, 429, 429], ["truncated"], ["reset"], ["unbounded"],
     [500, "truncated", 429, "reset", "unbounded"]],
)  # fmt: skip
def test_passing_faults_are_survived(server, tmp_path, faults):
    server.faults = list(faults)
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert len(server.requests) == len(faults) + 1
    assert len(left_in(tmp_path)) == 1


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (500, r"dem.tif: the server answered 500 .* gave up after 6 attempts"),
        ("truncated", r"dem.tif: .*(bytes came of|broke off).* gave up after 6 attempts"),
        ("reset", r"dem.tif: the connection failed .* gave up after 6 attempts"),
    ],
)
def test_lasting_faults_end_in_an_error_that_names_the_address(server, tmp_path, fault, message):
    server.faults = [fault] * 6
    with pytest.raises(OSError, match=message):
        fetch(server, tmp_path)
    assert len(server.requests) == 6 and not left_in(tmp_path)


def test_a_missing_file_is_not_tried_again(server, tmp_path):
    with pytest.raises(OSError, match=r"nothing.tif: the server answered 404 .* check the address"):
        fetch_asset(f"{server.address}/nothing.tif", checksum(CONTENT), Store(tmp_path))
    assert len(server.requests) == 1


def test_a_slow_server_is_given_up(server, tmp_path, monkeypatch):
    monkeypatch.setattr(retrying, "TIMEOUT_S", (1.0, 0.05))
    monkeypatch.setattr(retrying, "ATTEMPTS", 2)
    stopped = threading.Event()
    monkeypatch.setattr(server, "reply", lambda handler, fault: stopped.wait(2))
    with pytest.raises(OSError, match="no answer in time; gave up after 2 attempts"):
        fetch(server, tmp_path)
    stopped.set()


def test_a_web_page_instead_of_the_file_is_named(server, tmp_path):
    server.files["/data/dem.tif"] = PAGE
    with pytest.raises(ChecksumError) as caught:
        fetch(server, tmp_path)
    text = str(caught.value)
    assert f"{server.address}/data/dem.tif" in text and "web page" in text
    assert checksum(CONTENT) in text and checksum(PAGE) in text
    assert len(server.requests) == 1 and not left_in(tmp_path)


def test_a_damaged_file_in_the_cache_is_fetched_again(server, tmp_path, caplog):
    path = fetch(server, tmp_path)
    path.write_bytes(CONTENT[:-1])
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert "fetching it again" in caplog.text


def test_pauses_double_and_a_server_may_ask_for_more_up_to_a_limit(monkeypatch):
    monkeypatch.setattr(retrying, "FIRST_WAIT_S", 2.0)
    retries, pauses = retrying.open_retry(), []
    for _ in range(retrying.ATTEMPTS - 1):
        retries = retries.increment(error=retrying.PassingError("busy"))
        pauses.append(retries.get_backoff_time())
    # 1, 2, 4, 8 times the factor of 1, each with a jitter of up to 1
    assert pauses[0] == 0
    for pause, least in zip(pauses[1:], (2, 4, 8, 16), strict=True):
        assert least <= pause <= least + 1
    assert retries.parse_retry_after("7") == 7
    assert retries.parse_retry_after("3600") == retrying.LONGEST_WAIT_S


def test_the_six_attempts_wait_for_1_2_4_and_8_seconds(monkeypatch):
    monkeypatch.undo()  # of `hurry`, which shortens the pauses
    pauses, attempts = [], []
    monkeypatch.setattr("time.sleep", pauses.append)

    def transfer():
        attempts.append(1)
        raise retrying.PassingError("busy")

    with pytest.raises(OSError, match="busy; gave up after 6 attempts"):
        retrying.try_again(transfer)
    assert len(attempts) == 6
    # the second attempt follows at once; jitter adds up to half a second
    assert [int(2 * pause) / 2 for pause in pauses] == [1, 2, 4, 8]
    retries = retrying.open_retry()
    assert [retries.parse_retry_after(text) for text in ("59", "61")] == [59, 60]
    assert retries.backoff_max == 60


def test_progress_is_logged(server, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(transfers, "STEP", 10_000)
    caplog.set_level(logging.INFO, "landshift.acquire")
    fetch(server, tmp_path)
    shares = [record.message for record in caplog.records if "% of 0.3 MB" in record.message]
    assert 9 <= len(shares) <= 11 and "100%" in shares[-1]
    assert "checksum verified" in caplog.text


def test_signatures_stay_out_of_the_log(server, tmp_path, caplog):
    caplog.set_level(logging.INFO, "landshift.acquire")
    url = f"{server.address}/data/dem.tif?signature=hidden"
    server.faults = [500]
    path = fetch_asset(url, checksum(CONTENT), Store(tmp_path))
    assert path.name == "dem.tif" and server.requests[-1].endswith("?signature=hidden")
    server.faults = ["reset"] * 6
    with pytest.raises(OSError, match="connection failed") as caught:
        fetch_asset(url, checksum(PAGE), Store(tmp_path))
    assert "hidden" not in caplog.text
    assert "hidden" not in "".join(traceback.format_exception(caught.value))


def test_sidecars_lie_beside_their_file(server, tmp_path):
    parts = {name: name.encode() * 9 for name in ("shp", "shx", "dbf", "prj")}
    server.files |= {f"/lines/faults.{name}": content for name, content in parts.items()}
    entry = {
        "url": f"{server.address}/lines/faults.shp",
        "sha256": checksum(parts["shp"]),
        "sidecars": {name: checksum(parts[name]) for name in ("shx", "dbf", "prj")},
        "date": "Year_obs",
    }
    path = fetch_layer(Layer.parse(entry), Store(tmp_path))
    found = {part.name: part.read_bytes() for part in path.parent.iterdir()}
    assert found == {f"faults.{name}": content for name, content in parts.items()}
    entry["sidecars"]["dbf"] = checksum(b"another table")
    with pytest.raises(ChecksumError, match=r"faults\.dbf"):
        fetch_layer(Layer.parse(entry), Store(tmp_path))


def make_mirror(folder, name, content):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    with (folder / "MANIFEST.sha256").open("a") as manifest:
        manifest.write(f"{checksum(content)}  ./{name}\n")


def test_a_mirror_with_a_manifest_is_searched_by_checksum(tmp_path):
    make_mirror(tmp_path / "mirror", "balakot/height.tif", CONTENT)
    path = fetch_asset(
        "https://example.org/dem.tif", checksum(CONTENT),
        Store(tmp_path / "cache", str(tmp_path / "mirror")),
    )  # fmt: skip
    assert path.name == "dem.tif" and path.read_bytes() == CONTENT


def test_a_damaged_file_in_the_mirror_is_refused(tmp_path):
    make_mirror(tmp_path / "mirror", "dem.tif", CONTENT)
    (tmp_path / "mirror/dem.tif").write_bytes(PAGE)
    with pytest.raises(ChecksumError, match=r"mirror/dem.tif: SHA-256 should be .* but is"):
        fetch_asset(
            "https://example.org/dem.tif", checksum(CONTENT),
            Store(tmp_path / "cache", str(tmp_path / "mirror")),
        )  # fmt: skip
    assert not left_in(tmp_path / "cache")


def test_a_plain_mirror_folder_holds_host_and_path(tmp_path):
    path = tmp_path / "mirror/example.org/data/dem.tif"
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    store = Store(tmp_path / "cache", str(tmp_path / "mirror"))
    assert fetch_asset("https://example.org/data/dem.tif", checksum(CONTENT), store).is_file()
    with pytest.raises(FileNotFoundError, match=r"add https://example.org/b.tif to it"):
        fetch_asset("https://example.org/b.tif", checksum(PAGE), store)
    with pytest.raises(FileNotFoundError, match="nowhere is no folder"):
        fetch_asset("https://example.org/b.tif", checksum(PAGE), Store(tmp_path, "nowhere"))


def test_a_mirror_server_holds_host_and_path(server, tmp_path):
    server.files["/copy/example.org/a/dem.tif"] = CONTENT
    fetch_asset(
        "https://example.org/a/dem.tif",
        checksum(CONTENT),
        Store(tmp_path, f"{server.address}/copy/"),
    )
    assert server.requests == ["/copy/example.org/a/dem.tif"]


def test_a_converted_file_comes_from_a_mirror_only(tmp_path):
    entry = {
        "url": "https://example.org/landslides.rda",
        "sha256": checksum(b"x,y\n"),
        "conversion": "table written as CSV",
    }
    with pytest.raises(OSError, match=r"landslides.rda: .*\(table written as CSV\) .* mirror"):
        fetch_layer(Layer.parse(entry), Store(tmp_path / "cache"))
    make_mirror(tmp_path / "mirror", "points.csv", b"x,y\n")
    path = fetch_layer(Layer.parse(entry), Store(tmp_path / "cache", str(tmp_path / "mirror")))
    assert path.name == "points.csv" and path.read_bytes() == b"x,y\n"
    assert fetch_layer(Layer.parse(entry), Store(tmp_path / "cache")) == path


def test_a_local_file_is_returned_as_it_is(tmp_path):
    path = tmp_path / "dem.tif"
    path.write_bytes(CONTENT)
    assert fetch_layer(Layer.parse({"file": str(path)}), Store(tmp_path / "cache")) == path
    assert (
        fetch_layer(Layer.parse({"file": path, "sha256": checksum(CONTENT)}), Store(tmp_path))
        == path
    )
    with pytest.raises(ChecksumError, match=r"dem.tif: SHA-256 should be"):
        fetch_layer(Layer.parse({"file": path, "sha256": checksum(PAGE)}), Store(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"absent.tif does not exist"):
        fetch_layer(Layer.parse({"file": tmp_path / "absent.tif"}), Store(tmp_path))


def test_the_environment_names_cache_and_mirror_first(monkeypatch):
    monkeypatch.delenv("LANDSHIFT_CACHE", raising=False)
    assert open_store(None) == Store("results/cache")
    assert open_store("configured") == Store("results/cache", "configured")
    monkeypatch.setenv("LANDSHIFT_MIRROR", "stated")
    monkeypatch.setenv("LANDSHIFT_CACHE", "elsewhere")
    assert open_store("configured") == Store("elsewhere", "stated")


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({}, "give one of file, url, stac, recipe, and only one"),
        ({"file": "a", "url": "b"}, "give one of file, url, stac, recipe, and only one"),
        ({"url": "https://example.org/a.tif"}, "sha256 is missing"),
        ({"url": "https://example.org/a.tif", "sha256": 12}, "sha256 is 12; give 64 hexadecimal"),
        ({"url": "ftp://example.org/a.tif", "sha256": "0" * 64}, "must begin with https://"),
        ({"url": "https://example.org/", "sha256": "0" * 64}, "names no file"),
        ({"url": "https://me:key@example.org/a", "sha256": "0" * 64}, "holds credentials"),
    ],
)
def test_malformed_entries_are_named(tmp_path, entry, message):
    with pytest.raises(ValueError, match=message) as caught:
        fetch_layer(Layer.parse(entry), Store(tmp_path))
    assert "key@" not in str(caught.value)


def test_the_real_mirror_serves_a_shapefile(tmp_path):
    folder = Path(os.environ.get("LANDSHIFT_MIRROR", Path(__file__).parents[3] / "shared/data"))
    if not (folder / "balakot_lsat").is_dir():
        pytest.skip("the mirror of real data is not beside the repository")
    listed = (line.split() for line in (folder / "MANIFEST.sha256").read_text().splitlines())
    known = {name.removeprefix("./balakot_lsat/"): sha256 for sha256, name in listed}
    entry = {
        "url": "https://example.org/Data/Confirmed_faults.shp",
        "sha256": known["Confirmed_faults.shp"],
        "sidecars": {name: known[f"Confirmed_faults.{name}"] for name in ("shx", "dbf", "prj")},
    }
    path = fetch_layer(Layer.parse(entry), Store(tmp_path, str(folder)))
    faults = gpd.read_file(path)
    assert len(faults) == 53 and faults.crs.to_epsg() == 32643


@pytest.mark.attack
@pytest.mark.parametrize(
    "name",
    ["%2F{outside}%2Fbashrc", "x%2F..%2F..%2Fbashrc", "%252F{outside}%252Fbashrc", "..%2Fbashrc",
     "%2E%2E", "a%00b", "a%0Ab", "..%5Cbashrc"],
)  # fmt: skip
def test_a_name_in_an_address_never_leaves_the_cache(tmp_path, name):
    outside = tmp_path / "home"
    outside.mkdir()
    content = b"payload"
    sha256 = hashlib.sha256(content).hexdigest()
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / "payload").write_bytes(content)
    (mirror / "MANIFEST.sha256").write_text(f"{sha256}  payload\n")
    url = "https://example.org/" + name.format(outside=str(outside).strip("/").replace("/", "%2F"))
    with pytest.raises(ValueError, match=r"is no plain file name|names no file"):
        fetch_asset(url, sha256, Store(tmp_path / "cache", str(mirror)))
    assert not list(outside.iterdir()) and not list((tmp_path / "cache").iterdir())


@pytest.mark.attack
def test_a_line_of_a_manifest_never_leaves_the_mirror(tmp_path):
    (tmp_path / "secret").write_bytes(b"secret")
    sha256 = hashlib.sha256(b"secret").hexdigest()
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "MANIFEST.sha256").write_text(f"{sha256}  ../secret\n")
    with pytest.raises(ValueError, match="leads out of the mirror"):
        fetch_asset("https://example.org/a.tif", sha256, Store(tmp_path, str(tmp_path / "mirror")))
