"""The CRS of a GeoJSON: a known name, or a sentence; never a request, never WGS 84 by mistake."""

import http.server
import json
import threading

import pytest

from landshift.geodata.vectors import read_vector

NAMED = {"type": "name", "properties": {"name": "EPSG:32632"}}


def write(folder, *, root=None, geometry=None, attributes=None):
    line = {"type": "LineString", "coordinates": [[10, 45], [11, 46]]} | (geometry or {})
    feature = {"type": "Feature", "properties": attributes or {}, "geometry": line}
    path = folder / "lines.geojson"
    path.write_text(
        json.dumps({"type": "FeatureCollection", **(root or {}), "features": [feature]})
    )
    return path


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        (NAMED, 32632),
        ({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32632"}}, 32632),
        ({"type": "EPSG", "properties": {"code": 32632}}, 32632),
        ({"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}, 4326),
        ({"type": "name", "properties": {
            "name": "http://www.opengis.net/def/crs/EPSG/0/32632"}}, 32632),
    ],
)  # fmt: skip
def test_known_names_are_read(tmp_path, stated, code):
    assert read_vector(write(tmp_path, root={"crs": stated}), "lines").crs.to_epsg() == code


def test_without_a_crs_coordinates_are_degrees_also_with_an_attribute_of_that_name(tmp_path):
    for attributes in ({}, {"crs": "local"}, {"crs": None}, {"note": '{"crs": {"type": "link"}}'}):
        table = read_vector(write(tmp_path, attributes=attributes), "lines")
        assert table.crs.to_epsg() == 4326 and len(table) == 1


@pytest.mark.parametrize(
    "stated",
    [None, 32632, "EPSG:32632", [], {}, {"type": "name"}, {"type": "name", "properties": None},
     {"type": "name", "properties": {"name": "nonsense"}},
     {"type": "name", "properties": {"name": "EPSG:1"}},
     {"type": "name", "properties": {"name": 32632}},
     {"type": "EPSG", "properties": {"code": "x"}}, {"type": "proj4", "properties": {}}],
)  # fmt: skip
def test_other_than_a_known_name_is_refused(tmp_path, stated):
    path = write(tmp_path, root={"crs": stated})
    with pytest.raises(ValueError, match=r"lines.geojson: its crs is .*, which is no known name"):
        read_vector(path, "lines")


@pytest.mark.parametrize("stated", ['{"type": "name",}', "{'type': 1}", "[" * 100_000])
def test_a_crs_that_is_no_json_is_refused(tmp_path, stated):
    path = tmp_path / "lines.geojson"
    path.write_text(f'{{"type": "FeatureCollection", "features": [], "crs": {stated}}}')
    with pytest.raises(ValueError, match=r"lines.geojson: its crs cannot be read; write it as"):
        read_vector(path, "lines")


@pytest.fixture
def listener():
    """A server that hears of each request, and answers with a CRS."""
    heard = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            heard.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "10")
            self.end_headers()
            self.wfile.write(b"EPSG:32632")

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/crs", heard
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.attack
@pytest.mark.parametrize("where", ["root", "geometry", "twice", "by number", "otherwise named"])
@pytest.mark.parametrize(("kind", "key"), [("link", "href"), ("url", "url"), ("LINK", "href")])
def test_no_link_is_followed(tmp_path, listener, kind, key, where):
    address, heard = listener
    link = {"type": kind, "properties": {key: address, "type": "ogcwkt"}}
    path = write(tmp_path, **{"geometry" if where == "geometry" else "root": {"crs": link}})
    text = path.read_text()
    if where == "twice":
        path.write_text(text.replace('"features"', f'"crs": {json.dumps(NAMED)}, "features"'))
    if where == "by number":
        path.write_text(text.replace('"crs"', '"\\u0063r\\u0073"'))
    if where == "otherwise named":
        path = path.rename(path.with_suffix(".gpkg"))
    with pytest.raises(ValueError, match="which is no known name"):
        read_vector(path, "lines")
    assert heard == []
