"""Fetch what a recipe means of a service: its features in a box, or a file of a record."""

from collections.abc import Sequence
from pathlib import Path

from landshift.acquire.fetch.arcgis import ask_arcgis
from landshift.acquire.fetch.features import Question, fetch_features
from landshift.acquire.fetch.ogc import ask_ogc, ask_wfs
from landshift.acquire.fetch.records import fetch_member
from landshift.acquire.fetch.store import Record, Store
from landshift.acquire.layer import Layer

PROTOCOLS = {"arcgis": ask_arcgis, "ogc": ask_ogc, "wfs": ask_wfs}
"""How services of features are asked, by the protocol of a recipe."""


def fetch_part(layer: Layer, box: Sequence[float], store: Store) -> tuple[Path, Record]:
    """Fetch what a layer means of the service of its recipe.

    Parameters
    ----------
    layer
        With a recipe of a protocol; its own `service`, `part` and `where` go before those of the
        recipe.
    box
        West, south, east, north of the region [degree]. A file of a record comes whole.
    store
        Where to look and to keep it.

    Returns
    -------
    path, record
        A file, and where it came from.

    Raises
    ------
    OSError
        If it cannot be had.
    ValueError
        If nothing states the address of the service.
    """
    recipe = layer.recipe
    service = layer.service or recipe.service
    part, where = layer.part or recipe.part, layer.where or recipe.where
    if not service:
        raise ValueError(f"{recipe.name}: service is missing; state its address")
    if recipe.protocol == "record":
        return fetch_member(service, part, store)
    question = Question(service, tuple(box), part, where)
    return fetch_features(question, PROTOCOLS[recipe.protocol], store)
