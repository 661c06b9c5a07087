"""What each map is called, how it is coloured, and what its legend says."""

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.colors import Colormap, to_rgb

from landshift.mapping.applicability import INSIDE, MASK_COLOURS, OUTSIDE
from landshift.mapping.classes import CLASS_COLOURS, CLASS_NAMES
from landshift.report.figures.style import SUSCEPTIBILITY, UNCERTAINTY
from landshift.report.viewer.overview import Overview, Scale, Steps, encode_cog, fit_steps

VALUES: Mapping[str, tuple[str, str, Scale, Colormap]] = {
    "susceptibility": ("Susceptibility", "1", "logit", SUSCEPTIBILITY),
    "uncertainty": ("Uncertainty", "sd of the logit", "linear", UNCERTAINTY),
    "dissimilarity": ("Dissimilarity to the sources", "1", "linear", UNCERTAINTY),
}
"""Maps of values: title, unit, scale on which colours and bytes are even, and colours."""

KINDS = ("susceptibility", "classes", "uncertainty", "dissimilarity", "applicability")
"""All maps that the viewer can show, in the order of its list."""

_APPLICABILITY = {INSIDE: "inside", OUTSIDE: "outside"}
_TICKS = (0, 0.25, 0.5, 0.75, 1)


def describe_layer(kind: str, overview: Overview) -> dict[str, Any]:
    """Describe one map for the page: its bytes as a COG, its colours and its legend.

    Raises
    ------
    ValueError
        If the viewer does not know this kind of map, or the map has no data.
    """
    if kind in VALUES:
        return _describe_values(kind, overview)
    if kind == "classes":
        return _describe_codes(kind, "Classes", overview, _name_classes(overview.tags))
    if kind == "applicability":
        categories = {
            code: (name, MASK_COLOURS[code]) for code, name in sorted(_APPLICABILITY.items())
        }
        return _describe_codes(kind, "Area of applicability", overview, categories)
    raise ValueError(f"the viewer shows no map {kind!r}; it knows {', '.join(KINDS)}")


def _describe_values(kind: str, overview: Overview) -> dict[str, Any]:
    title, unit, scale, colours = VALUES[kind]
    steps = fit_steps(overview.data, scale)
    codes = steps.encode(overview.data)
    # Colours end at the 1 % and 99 % quantiles, so that few cells do not take them all.
    low, high = np.percentile(codes[codes > 0], (1, 99))
    places = np.clip((np.arange(256) - low) / max(high - low, 1), 0, 1)
    return {
        "kind": kind,
        "title": title,
        "unit": unit,
        "scale": scale,
        "low": steps.low,
        "high": steps.high,
        "colours": _pack_colours(colours(places)),
        "ramp": [round(float(low)), round(float(high))],
        "ticks": [_format(steps, low + share * (high - low)) for share in _TICKS],
        "cog": encode_cog(codes, overview, average=True),
    }


def _describe_codes(
    kind: str, title: str, overview: Overview, categories: Mapping[int, tuple[str, str]]
) -> dict[str, Any]:
    # One more than the code, because 0 stands for no data.
    codes = np.where(np.isnan(overview.data), 0, overview.data + 1).astype(np.uint8)
    colours = np.zeros((256, 4))
    for code, (_, colour) in categories.items():
        colours[code + 1] = (*to_rgb(colour), 1)
    return {
        "kind": kind,
        "title": title,
        "unit": None,
        "scale": "codes",
        "colours": _pack_colours(colours),
        "categories": [
            {"code": code, "label": label, "colour": colour}
            for code, (label, colour) in categories.items()
        ],
        "cog": encode_cog(codes, overview, average=False),
    }


def _name_classes(tags: Mapping[str, str]) -> dict[int, tuple[str, str]]:
    """Name the classes with their limits, where the file states them."""
    limits = [float(text) for text in tags["breaks"].split(",")] if "breaks" in tags else []
    ranges = [f" (up to {limit:.2g})" for limit in limits] or [""] * 4
    ranges.append(f" (above {limits[-1]:.2g})" if limits else "")
    names = zip(CLASS_NAMES, ranges, CLASS_COLOURS, strict=True)
    return {
        code: (f"{code} {name}{limit}", colour)
        for code, (name, limit, colour) in enumerate(names, start=1)
    }


def _pack_colours(colours: np.ndarray) -> str:
    """Write 256 colours as red, green, blue and opacity; the first, no data, is clear."""
    table = np.rint(np.asarray(colours) * 255).astype(np.uint8)
    table[0] = 0
    return base64.b64encode(table.tobytes()).decode("ascii")


def _format(steps: Steps, code: float) -> str:
    return f"{float(steps.decode(code)):.2g}"
