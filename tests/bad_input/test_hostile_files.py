"""Rasters and vector files whose content names files, addresses or SQL: nothing follows.

`make test-attack CASES=20000` tries so many files in all.
"""

import os
import urllib.request
import zipfile

import numpy as np
import pytest

from landshift.acquire.inventory.reading import read_inventory
from landshift.geodata.documents import MOST_BYTES
from landshift.geodata.raster import open_raster
from landshift.geodata.vectors import read_vector
from landshift.report.priorities.exposure import read_exposure

from .conftest import CRS, write_document, write_slides, write_tif
from .test_fuzz import mutate, only_explained
from .watching import Listener, Watch

pytestmark = pytest.mark.attack

CASES = int(os.environ.get("LANDSHIFT_ATTACKS", "400"))

# {file}, {table}, {database}: files of the user; {url}: an address; {made}: a file to be made.
HOSTILE = [
    '<VRTDataset rasterXSize="8" rasterYSize="8"><SRS>EPSG:32643</SRS><GeoTransform>500000,30,0,'
    '5000000,0,-30</GeoTransform><VRTRasterBand dataType="Byte" band="1" '
    'subClass="VRTRawRasterBand"><SourceFilename relativeToVRT="0">{file}</SourceFilename>'
    "<PixelOffset>1</PixelOffset><LineOffset>8</LineOffset></VRTRasterBand></VRTDataset>",
    '<VRTDataset rasterXSize="8" rasterYSize="8"><VRTRasterBand dataType="Byte" band="1">'
    '<SimpleSource><SourceFilename relativeToVRT="0">/vsicurl/{url}/a.tif</SourceFilename>'
    "</SimpleSource></VRTRasterBand></VRTDataset>",
    '<VRTDataset rasterXSize="8" rasterYSize="8"><VRTRasterBand dataType="Byte" band="1" '
    'subClass="VRTDerivedRasterBand"><PixelFunctionLanguage>Python</PixelFunctionLanguage>'
    "<PixelFunctionType>f</PixelFunctionType><PixelFunctionCode><![CDATA[\nopen('{made}', 'w')\n"
    "def f(*a, **k): open('{made}', 'w')\n]]></PixelFunctionCode></VRTRasterBand></VRTDataset>",
    '<VRTDataset rasterXSize="8" rasterYSize="8" subClass="VRTWarpedDataset"><GDALWarpOptions>'
    "<SourceDataset>{url}/a.tif</SourceDataset></GDALWarpOptions></VRTDataset>",
    "<OGRVRTDataSource><OGRVRTLayer name='table'><SrcDataSource>{table}</SrcDataSource>"
    "<GeometryField encoding='PointFromColumns' x='x' y='y'/></OGRVRTLayer></OGRVRTDataSource>",
    "<OGRVRTDataSource><OGRVRTLayer name='t'><SrcDataSource>{database}</SrcDataSource>"
    "<SrcSQL>VACUUM INTO '{made}'</SrcSQL></OGRVRTLayer></OGRVRTDataSource>",
    "<OGRWFSDataSource><URL>{url}/wfs</URL></OGRWFSDataSource>",
    "<GDAL_WMS><Service name='TMS'><ServerUrl>{url}/${{z}}</ServerUrl></Service><DataWindow>"
    "<SizeX>8</SizeX><SizeY>8</SizeY></DataWindow></GDAL_WMS>",
    "<WCS_GDAL><ServiceURL>{url}/?</ServiceURL><CoverageName>a</CoverageName></WCS_GDAL>",
    "<GDALTileIndexDataset><IndexDataset>{table}</IndexDataset></GDALTileIndexDataset>",
    "<MRF_META><Raster><Size x='8' y='8'/><DataFile>{file}</DataFile></Raster></MRF_META>",
    "<Dimap_Document><Data_Access><Data_File><DATA_FILE_PATH href='{file}'/></Data_File>"
    "</Data_Access></Dimap_Document>",
    "PDS_VERSION_ID = PDS3\n^IMAGE = \"{file}\"\nOBJECT = IMAGE\nLINES = 8\nLINE_SAMPLES = 8\n"
    "SAMPLE_BITS = 8\nEND_OBJECT = IMAGE\nEND\n",
    "DatasetHeader Begin\n Version=\"6.0\"\n DataFile=\"{file}\"\n DataType=Raster\n"
    " RasterInfo Begin\n  CellType=Unsigned8BitInteger\n  NrOfLines=8\n  NrOfCellsPerLine=8\n"
    " RasterInfo End\n"
    "DatasetHeader End\n",
    '{{"type": "FeatureCollection", "stac_version": "1.0.0", "features": [{{"type": "Feature", '
    '"stac_version": "1.0.0", "id": "a", "assets": {{"a": {{"href": "{url}/a.tif"}}}}}}]}}',
    '{{"type": "FeatureCollection", "crs": {{"type": "link", "properties": {{"href": "{url}/crs", '
    '"type": "proj4"}}}}, "features": [{{"type": "Feature", "properties": {{}}, "geometry": '
    '{{"type": "Point", "coordinates": [75, 34]}}}}]}}',
    '{{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline read {table}"}}',
    "<!DOCTYPE kml [<!ENTITY a SYSTEM \"file://{file}\">]><kml><Document><Placemark><name>&a;</name>"
    "<Point><coordinates>75,34</coordinates></Point></Placemark></Document></kml>",
    "<kml><NetworkLink><Link><href>{url}/a.kml</href></Link></NetworkLink></kml>",
    "<gml:FeatureCollection xmlns:gml='http://www.opengis.net/gml' xmlns:xlink='http://www.w3.org/"
    "1999/xlink'><gml:featureMember xlink:href='{url}/a.gml'/></gml:FeatureCollection>",
    "WFS:{url}/wfs", "/vsicurl/{url}/a.tif", "HTTP:{url}/a.gpkg", "{url}/a.geojson",
]  # fmt: skip
WRAPPED = ["{}", "\n {}", "\ufeff{}", '{{"a": "{}"}}', "<?xml version='1.0'?>{}", "#{}"]
ENDINGS = [".tif", ".tiff", ".vrt", ".asc", ".img", ".geojson", ".json", ".gpkg", ".shp", ".kml",
           ".gml", ".csv", ".parquet", ".fgb", ".nc", ".bil", ".dem", ".kmz", ".xlsx", ".ods",
           ".gpx", ""]  # fmt: skip
SOUND = ["a.tif", "slides.gpkg", "slides.geojson", "slides.parquet"]
DOCUMENTS = ["slides.kml", "slides.kmz", "slides.xlsx", "slides.ods", "slides.gpx"]


@pytest.fixture
def private(tmp_path):
    """A folder of the user that nobody may touch, with files that an attacker would like."""
    folder = tmp_path / "private"
    folder.mkdir()
    (folder / "key").write_text("key of the user, whose bytes nobody may read")
    (folder / "table.csv").write_text("name,x,y\nsecret,500100,4999900\n")
    (folder / "data.sqlite").write_bytes(b"SQLite format 3\0" + bytes(4080))
    return folder


@pytest.fixture
def watch(private):
    """Watch the user's folder; whatever is touched there fails the test."""
    watching = Watch(private)
    yield watching
    touched = watching.list_touched()
    watching.close()
    assert touched == []


@pytest.fixture
def listener():
    """Listen for requests; whatever is heard fails the test."""
    listening = Listener()
    yield listening
    listening.close()
    assert listening.heard == 0


@pytest.fixture
def files(tmp_path):
    """Sound files in a folder of the study, to be spoilt or put where another kind is expected."""
    folder = tmp_path / "study"
    folder.mkdir()
    write_tif(folder / "a.tif", compress="deflate")
    for name in SOUND[1:]:
        write_slides(folder / name)
    for name in DOCUMENTS:
        write_document(folder / name)
    return folder


def read_all(path):
    """Read a file as every kind of thing that a study may take it for."""
    grid = open_raster(path.with_name("a.tif")).odc.geobox
    only_explained(open_raster, path)
    only_explained(read_inventory, path, crs=CRS)
    only_explained(read_vector, path, "lines")
    only_explained(read_exposure, path, grid)


def choose(generator, choices):
    return choices[int(generator.integers(len(choices)))]


def compose(generator, names):
    """Compose a hostile file: a description, wrapped, and in one of three cases spoilt."""
    content = choose(generator, HOSTILE).format(**names)
    content = choose(generator, WRAPPED).format(content).encode()
    return (
        mutate(int(generator.integers(2**32)), content) if generator.random() < 1 / 3 else content
    )


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")
def test_nothing_follows_what_a_file_names(files, private, watch, listener, tmp_path):
    names = {
        "file": private / "key", "table": private / "table.csv",
        "database": private / "data.sqlite", "made": private / "made", "url": listener.url,
    }  # fmt: skip
    generator = np.random.default_rng(7)
    for case in range(CASES):
        path = files / f"hostile{choose(generator, ENDINGS)}"
        if case % 4:
            path.write_bytes(compose(generator, names))
        else:
            sound = (files / choose(generator, SOUND)).read_bytes()
            path.write_bytes(mutate(case, sound))
        read_all(path)
        touched = watch.list_touched()
        assert touched == [] and listener.heard == 0, (case, path.name, path.read_bytes()[:300])
        path.unlink()
    assert {path.name for path in tmp_path.iterdir()} == {"study", "private"}


# what a document may name, by the text that it stands before
LINKS = {
    "slides.kml": [
        (b"<Placemark", b"<NetworkLink><Link><href>{}</href></Link></NetworkLink><Placemark"),
        (b"<Placemark", b"<GroundOverlay><Icon><href>{}</href></Icon></GroundOverlay><Placemark"),
        (b"<Placemark", b"<Placemark><styleUrl>{}#a</styleUrl></Placemark><Placemark"),
    ],
    "slides.xlsx": [
        (b"<v>4", b'<f>WEBSERVICE("{}")</f><v>4'),
        (b"<v>4", b"<f>[{}]Sheet1!A1</f><v>4"),
        (b'Target="worksheets', b'TargetMode="External" Target="{}" Else="worksheets'),
    ],
    "slides.ods": [
        (b"<table:table-row", b'<table:table-source xlink:href="{}"/><table:table-row'),
        (b" office:value-type", b' table:formula="of:=WEBSERVICE({})" office:value-type'),
    ],
    "slides.gpx": [(b"<name>", b'<link href="{}"/><name>')],
}
LINKS["slides.kmz"] = LINKS["slides.kml"]


def spoil_document(path, before, link, to):
    """Put a link into a document, into each member of an archive that has a place for it."""
    link = link.replace(b"{}", str(to).encode())
    if not zipfile.is_zipfile(path):
        content = path.read_bytes()
        path.write_bytes(content.replace(before, link))
        return before in content
    with zipfile.ZipFile(path) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for each, content in members.items():
            archive.writestr(each, content.replace(before, link))
    return any(before in content for content in members.values())


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")
@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_ask_nobody(files, private, watch, listener, name):
    sound = (files / name).read_bytes()
    for before, link in LINKS[name]:
        for to in (listener.url, private / "key", "../../private/table.csv", "file:///etc/hosts"):
            (files / name).write_bytes(sound)
            assert spoil_document(files / name, before, link, to), "there is no place for the link"
            only_explained(read_inventory, files / name, crs="EPSG:4326")
            assert watch.list_touched() == [] and listener.heard == 0, (link, to)


DEFINITIONS = '<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d SYSTEM "file:///etc/hosts">]>'


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_documents_do_not_unfold(files, name, encoding):
    definitions = DEFINITIONS.encode(encoding)
    if zipfile.is_zipfile(files / name):
        with zipfile.ZipFile(files / name, "a") as archive:
            archive.writestr("more.xml", definitions)
    else:
        (files / name).write_bytes(definitions + (files / name).read_bytes())
    with pytest.raises(ValueError, match="holds definitions of XML, which can unfold without end"):
        read_inventory(files / name, crs="EPSG:4326")


@pytest.mark.parametrize("name", ["slides.kmz", "slides.xlsx", "slides.ods"])
def test_archives_do_not_unpack_without_end(files, name):
    with zipfile.ZipFile(files / name, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("more.bin", bytes(MOST_BYTES))
    assert (files / name).stat().st_size < 1_000_000
    with pytest.raises(ValueError, match="becomes 200 MB when it is read, more than 200; save it"):
        read_inventory(files / name, crs="EPSG:4326")


def test_the_watch_sees_and_the_listener_hears(private, tmp_path):
    """The tests above can fail."""
    watching, listening = Watch(private), Listener()
    (private / "key").read_text()
    (private / "made").write_text("")
    with pytest.raises(OSError, match=r"."):
        urllib.request.urlopen(listening.url, timeout=5)
    assert {"key", "made"} <= set(watching.list_touched())
    assert listening.heard == 1
    watching.close()
    listening.close()
