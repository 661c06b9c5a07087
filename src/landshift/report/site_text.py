"""A place in words, for the terminal and for a file next to the JSON."""

from landshift.report.rendering import render_text
from landshift.report.site import Site

STRONGEST = 8
"""Factors listed in full; the others are added up."""

NEGLIGIBLE = 1e-4
"""A lower bound below this is 0 to a reader."""

_DIRECTIONS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")


def format_site(site: Site) -> str:
    """Write down a place in one screen of text, ending with a line break."""
    return render_text(
        "site_text.j2",
        site=site,
        lower="0" if site.lower < NEGLIGIBLE else f"{site.lower:.2g}",
        strongest=site.contributions[:STRONGEST],
        others=[each.contribution for each in site.contributions[STRONGEST:]],
        locate=_locate,
    )


def _locate(distance_m: float, direction_degree: float) -> str:
    if distance_m == 0:
        return "here"
    return f"{distance_m:.0f} m {_DIRECTIONS[round(direction_degree / 45) % 8]}"
