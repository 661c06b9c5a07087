"""Stand-ins for services of features: ArcGIS REST, OGC API Features, WFS; with their faults."""

import json
from urllib.parse import parse_qs, urlencode

import shapely
from shapely.geometry import mapping

from .services import FAULTS, Services

IN_BODY = "in body"
"""A fault of ArcGIS: an error in an answer with status 200."""
DAY_MS = 86_400_000


class FeatureServices(Services):
    """Serve features by number as ``host/path`` of public services, as a mirror does.

    Attributes
    ----------
    features : dict
        Geometry and properties by number from 1.
    at_once : int
        Features of one page.
    quirks : set of str
        How the service differs from what is expected: ``no paging``, ``no geojson``, ``no flag``,
        ``lost on pages``, ``empty page``, ``no box``, ``latitude first``,
        ``takes longitude first``, ``same page``, ``no count``.
    """

    def __init__(self, folder, features, *, at_once=7, quirks=(), faults=FAULTS, **stated):
        self.features = features
        self.at_once = at_once
        self.quirks = set(quirks)
        super().__init__(folder, faults=faults, **stated)

    def draw_fault(self):
        """Draw how the next answer goes wrong; an error in the body is told where it is written."""
        fault = super().draw_fault()
        self.in_body = fault == IN_BODY
        return None if self.in_body else fault

    def read(self, handler, name, query):
        """Answer by the protocol that the address tells; else as a server of files."""
        asked = {key: values[0] for key, values in parse_qs(query).items()}
        if "/FeatureServer" in name:
            return dump(self.answer_arcgis(name, asked))
        if "/sharing/rest/content/items/" in name:
            return dump({"url": "https://" + name.partition("/")[0] + "/FeatureServer/0"})
        if name.endswith("/items"):
            return dump(self.answer_ogc(name, asked))
        if name.endswith("/wfs"):
            return self.answer_wfs(asked)
        return super().read(handler, name, query)

    def find(self, box):
        """Find the numbers of the features in a box, all of them where the service ignores it."""
        area = shapely.box(*box)
        return [
            number
            for number, (shape, _) in self.features.items()
            if "no box" in self.quirks or shape.intersects(area)
        ]

    def write(self, number, *, turned=False):
        """Write a feature of GeoJSON."""
        shape, values = self.features[number]
        if turned:
            shape = shapely.transform(shape, lambda places: places[:, ::-1])
        return {"type": "Feature", "id": number, "properties": values, "geometry": mapping(shape)}

    # ArcGIS: https://developers.arcgis.com/rest/services-reference/

    def answer_arcgis(self, name, asked):
        """Describe a service or its layer, or answer a query of it."""
        if self.in_body:
            return {"error": {"code": 500, "message": "Error performing query", "details": []}}
        if name.endswith("/FeatureServer"):
            return {"layers": [{"id": 0, "name": "Slides"}]}
        if not name.endswith("/query"):
            return self.describe_layer()
        if "1=1" not in asked["where"] and "Confidence" not in asked["where"]:
            details = ["'Invalid query parameters'"]
            return {"error": {"code": 400, "message": "Cannot perform query.", "details": details}}
        found = self.find([float(edge) for edge in asked["geometry"].split(",")])
        if "Confidence" in asked["where"]:
            least = int(asked["where"].rpartition(" ")[2])
            found = [n for n in found if self.features[n][1]["Confidence"] >= least]
        if asked.get("returnCountOnly") == "true":
            return {} if "no count" in self.quirks else {"count": len(found)}
        if asked.get("returnIdsOnly") == "true":
            return {"objectIdFieldName": "FID", "objectIds": found[::-1] or None}
        if "objectIds" in asked:
            numbers = [int(number) for number in asked["objectIds"].split(",")]
            assert len(numbers) <= self.at_once
            return self.write_page(numbers, asked, more=False)
        return self.turn_page(found, asked)

    def describe_layer(self):
        formats = "JSON" if "no geojson" in self.quirks else "JSON, geoJSON, PBF"
        return {
            "id": 0, "type": "Feature Layer", "geometryType": "esriGeometryPolygon",
            "maxRecordCount": self.at_once, "supportedQueryFormats": formats,
            "advancedQueryCapabilities": {"supportsPagination": "no paging" not in self.quirks},
            "editingInfo": {"lastEditDate": 1_700_000_000_000},
            "fields": [{"name": "FID", "type": "esriFieldTypeOID"},
                       {"name": "Confidence", "type": "esriFieldTypeInteger"},
                       {"name": "Date", "type": "esriFieldTypeDate"}],
        }  # fmt: skip

    def turn_page(self, found, asked):
        assert "no paging" not in self.quirks, "the layer does not support pages"
        start, most = int(asked["resultOffset"]), int(asked["resultRecordCount"])
        assert most <= self.at_once and asked["orderByFields"] == "FID ASC"
        if "empty page" in self.quirks:
            # an index may hold places that no feature is left of
            found = [None] * self.at_once + found
        page = [number for number in found[start : start + most] if number is not None]
        more = start + most < len(found)
        if "lost on pages" in self.quirks:
            page = page[1:]
        return self.write_page(page, asked, more=more and "no flag" not in self.quirks)

    def write_page(self, numbers, asked, *, more):
        if asked["f"] == "geojson":
            features = [self.write(number) for number in numbers]
            for feature in features:
                feature["properties"] = feature["properties"] | {"FID": feature["id"]}
            # where it stands differs from one version of ArcGIS to the next
            flag = {"properties": {"exceededTransferLimit": True}} if more else {}
            return {"type": "FeatureCollection", "features": features, **flag}
        features = [
            {"attributes": self.features[number][1] | {"FID": number},
             "geometry": write_esri(self.features[number][0])}
            for number in numbers
        ]  # fmt: skip
        return {"features": features} | ({"exceededTransferLimit": True} if more else {})

    # OGC API Features: https://docs.ogc.org/is/17-069r4/17-069r4.html

    def answer_ogc(self, name, asked):
        found = self.find([float(edge) for edge in asked["bbox"].split(",")])
        start = int(asked.get("offset", 0))
        page = found[start : start + self.at_once]
        links = [{"rel": "self", "href": "ignored"}]
        if start + self.at_once < len(found):
            query = urlencode(asked | {"offset": start + self.at_once})
            links.append({"rel": "next", "href": f"https://{name}?{query}"})
        if "same page" in self.quirks:
            links = [{"rel": "next", "href": f"https://{name}?{urlencode(asked)}"}]
        features = [self.write(number) for number in page]
        counts = {"numberMatched": len(found), "numberReturned": len(page)}
        return {"type": "FeatureCollection", "features": features, "links": links, **counts}

    # WFS: https://docs.ogc.org/is/09-025r2/09-025r2.html

    def answer_wfs(self, asked):
        if asked["typeNames"] != "slides":
            text = f"<ows:ExceptionText>Unknown type {asked['typeNames']}</ows:ExceptionText>"
            report = f'<ows:ExceptionReport version="2.0.0"><ows:Exception>{text}'
            return report.encode(), 200, {"Content-Type": "text/xml"}
        first, second, third, fourth, crs = asked["bbox"].split(",")
        assert crs == "urn:ogc:def:crs:EPSG::4326"
        edges = [float(edge) for edge in (first, second, third, fourth)]
        swapped = [edges[1], edges[0], edges[3], edges[2]]
        found = self.find(edges if "takes longitude first" in self.quirks else swapped)
        start = 0 if "same page" in self.quirks else int(asked["startIndex"])
        page = found[start : start + min(self.at_once, int(asked["count"]))]
        turned = "latitude first" in self.quirks
        features = [self.write(number, turned=turned) for number in page]
        counts = {} if "no count" in self.quirks else {"numberMatched": len(found)}
        return dump({"type": "FeatureCollection", "features": features, **counts})


def dump(document):
    return json.dumps(document).encode(), 200, {"Content-Type": "application/json"}


def write_esri(shape):
    """Write a geometry as Esri's JSON has it: outer rings clockwise, inner ones the other way."""
    if shape.geom_type == "Point":
        return {"x": shape.x, "y": shape.y}
    rings = []
    for part in getattr(shape, "geoms", [shape]):
        part = shapely.geometry.polygon.orient(part, -1.0)
        rings += [list(ring.coords) for ring in (part.exterior, *part.interiors)]
    return {"rings": rings}
