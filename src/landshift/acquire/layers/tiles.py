"""One raster of many tiles of the user: a VRT that names them, on the cells that they share."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from affine import Affine
from rasterio.crs import CRS
from rasterio.enums import MaskFlags

from landshift.acquire.fetch.downloads import fetch_layer
from landshift.acquire.fetch.store import Store, key_of
from landshift.acquire.layer import Layer
from landshift.geodata.behind import allow_folder, list_rasters
from landshift.geodata.opening import open_dataset
from landshift.geodata.raster_errors import explain_unreadable
from landshift.runtime.files import unfinished

SAME_CELL = 0.01
"""Tiles share cells where their corners are whole cells apart, to this share of a cell [1]."""

_KINDS = {"uint8": "Byte", "float32": "Float32", "float64": "Float64"} | {
    f"{sign}int{bits}": f"{sign.upper()}Int{bits}" for sign in ("", "u") for bits in (16, 32)
}


@dataclass(frozen=True)
class _Tile:
    path: Path
    crs: CRS | None
    transform: Affine
    shape: tuple[int, int]
    dtype: str
    nodata: float | None
    masked: bool
    units: str
    scaling: tuple[float, float]

    @property
    def cell(self) -> tuple[float, ...]:
        """Width and height of a cell, and its turns."""
        return tuple(round(each, 12) for each in (*self.transform[:2], *self.transform[3:5]))


def fetch_raster(layer: Layer, store: Store) -> Path:
    """Fetch the file of a layer; of a folder or a pattern of tiles make the VRT that joins them.

    Raises
    ------
    OSError
        If the file cannot be had, or there are no tiles.
    ValueError
        If `write_mosaic` would.
    """
    tiles = list_rasters(layer.file) if layer.file is not None else None
    if tiles is None:
        return fetch_layer(layer, store)
    if not tiles:
        raise FileNotFoundError(f"{layer.file} holds no raster, such as a GeoTIFF; put one there")
    path = store.folder / "mosaics" / f"{key_of(*map(Path.resolve, tiles))}.vrt"
    for folder in sorted({tile.resolve().parent for tile in tiles}):
        allow_folder(folder)
    write_mosaic(tiles, path)
    return path


def write_mosaic(tiles: Sequence[Path], path: str | Path) -> None:
    """Write a VRT that joins tiles; of those that overlap the last one by name is seen.

    Parameters
    ----------
    tiles
        Rasters of one band, one CRS and one cell size, whose cells fit each other.
    path
        The VRT. Where no tile lies it has no data.

    Raises
    ------
    ValueError
        If a tile cannot be read, or differs from the first one in what they must share.
    """
    read = [_read_tile(tile) for tile in tiles]
    first = read[0]
    for tile in read[1:]:
        _check_alike(first, tile)
    corners = [_locate(first, tile) for tile in read]
    west, north = (min(corner[axis] for corner in corners) for axis in (0, 1))
    width, height = (
        max(corner[axis] + tile.shape[1 - axis] for corner, tile in zip(corners, read, strict=True))
        - least
        for axis, least in ((0, west), (1, north))
    )
    transform = first.transform @ Affine.translation(west, north)
    kind, nodata = _choose_kind(read)
    sources = "".join(
        _describe(tile, column - west, row - north)
        for tile, (column, row) in zip(read, corners, strict=True)
    )
    scale, offset = first.scaling
    text = (
        f'<VRTDataset rasterXSize="{width}" rasterYSize="{height}">\n'
        f"<SRS>{escape(first.crs.to_wkt() if first.crs else '')}</SRS>\n"
        f"<GeoTransform>{', '.join(repr(float(each)) for each in transform.to_gdal())}"
        "</GeoTransform>\n"
        f'<VRTRasterBand dataType={quoteattr(kind)} band="1">\n'
        f"<NoDataValue>{nodata!r}</NoDataValue><UnitType>{escape(first.units)}</UnitType>"
        f"<Offset>{offset!r}</Offset><Scale>{scale!r}</Scale>\n"
        f"{sources}</VRTRasterBand>\n</VRTDataset>\n"
    )
    with unfinished(path) as partial:
        partial.write_text(text, encoding="utf-8")


def _read_tile(path: Path) -> _Tile:
    with explain_unreadable(path), open_dataset(path) as source:
        if source.count != 1:
            raise ValueError(
                f"{path}: expected a tile of one band, found {source.count}; extract the band that "
                "you mean"
            )
        if source.dtypes[0] not in _KINDS:
            raise ValueError(
                f"{path}: is of the type {source.dtypes[0]}; convert it to float32 or int32"
            )
        return _Tile(
            path=path.resolve(),
            crs=source.crs,
            transform=source.transform,
            shape=source.shape,
            dtype=source.dtypes[0],
            nodata=source.nodata,
            masked=MaskFlags.per_dataset in source.mask_flag_enums[0],
            units=source.units[0] or "",
            scaling=(float(source.scales[0]), float(source.offsets[0])),
        )


def _check_alike(first: _Tile, tile: _Tile) -> None:
    for what, own, other in (
        ("CRS", first.crs, tile.crs),
        ("size of a cell", first.cell[:1] + first.cell[3:], tile.cell[:1] + tile.cell[3:]),
        ("turn of the cells", first.cell, tile.cell),
        ("unit", first.units, tile.units),
        ("scale and offset", first.scaling, tile.scaling),
    ):
        if own != other:
            raise ValueError(
                f"{tile.path}: differs from {first.path} in the {what} ({other}, not {own}), so "
                "they are no tiles of one raster; join them yourself, such as with gdalwarp"
            )


def _locate(first: _Tile, tile: _Tile) -> tuple[int, int]:
    """Find the column and row of the first cell of a tile, counted from that of the first tile."""
    shift = ~first.transform @ tile.transform
    column, row = round(shift.c), round(shift.f)
    if max(abs(shift.c - column), abs(shift.f - row)) > SAME_CELL:
        raise ValueError(
            f"{tile.path}: its cells lie between those of {first.path}, so they are no tiles of "
            "one raster; join them yourself, such as with gdalwarp"
        )
    return column, row


def _choose_kind(tiles: Sequence[_Tile]) -> tuple[str, float]:
    """Choose a type that holds all values, and what means no data, which gaps between tiles are."""
    first = tiles[0]
    same = all((tile.dtype, tile.nodata) == (first.dtype, first.nodata) for tile in tiles)
    if same and first.nodata is not None:
        return _KINDS[first.dtype], first.nodata
    exact = np.result_type(np.float32, *(tile.dtype for tile in tiles))
    return _KINDS[exact.name], np.nan


def _describe(tile: _Tile, column: int, row: int) -> str:
    height, width = tile.shape
    size = f'xSize="{width}" ySize="{height}"'
    nodata = "" if tile.nodata is None else f"<NODATA>{float(tile.nodata)!r}</NODATA>"
    return (
        f'<ComplexSource><SourceFilename relativeToVRT="0">{escape(str(tile.path))}'
        "</SourceFilename><SourceBand>1</SourceBand>"
        f'<SrcRect xOff="0" yOff="0" {size}/><DstRect xOff="{column}" yOff="{row}" {size}/>'
        f"{nodata}{'<UseMaskBand>true</UseMaskBand>' if tile.masked else ''}</ComplexSource>\n"
    )
