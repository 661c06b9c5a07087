"""A place in words, for the terminal and for a file beside the JSON."""

from collections.abc import Sequence

from landshift.report.site import Contribution, Neighbour, Push, Site

STRONGEST = 8
"""Factors listed in full; the others are added up."""

NEGLIGIBLE = 1e-4
"""A lower bound below this is 0 to a reader."""

_DIRECTIONS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")


def format_site(site: Site) -> str:
    """Write down a place in one screen of text, ending with a line break."""
    lines = [
        f"{site.target}: longitude {site.longitude:.5f}, latitude {site.latitude:.5f}",
        f"  x {site.x:.0f}, y {site.y:.0f} ({site.crs})",
        "",
        f"  susceptibility  {site.susceptibility:.3g}   (90 % interval "
        f"{_state_lower(site.lower)} to {site.upper:.2g}; not a probability in time)",
        f"  class           {site.susceptibility_class} of 5, {site.class_name}",
        f"  percentile      {site.percentile:.1f}   (share of the region that is less "
        "susceptible [%])",
        f"  applicability   {_judge(site)}",
        "",
        "  What makes it so [logit]",
        f"    {site.base:+7.2f}  an average place of {site.target}",
        *_list_contributions(site.contributions),
        f"    {site.prevalence_shift:+7.2f}  the stated prevalence",
        "",
        "  Shots of the fine-tuning that move it most [logit]",
        *(_describe_push(push) for push in site.pushes),
        "",
        "  Nearest mapped landslides",
        *(_describe_neighbour(landslide) for landslide in site.landslides),
    ]
    return "\n".join(lines) + "\n"


def _state_lower(lower: float) -> str:
    return "0" if lower < NEGLIGIBLE else f"{lower:.2g}"


def _judge(site: Site) -> str:
    if site.inside is None:
        return site.applicability
    index = f"dissimilarity index {site.dissimilarity:.2f}"
    if site.inside:
        return f"inside   ({index}; the model knows places like it)"
    return f"OUTSIDE   ({index}; the model knows none like it, do not rely on the map)"


def _list_contributions(contributions: Sequence[Contribution]) -> list[str]:
    lines = [
        f"    {each.contribution:+7.2f}  {each.factor} = {each.value:.3g}"
        + (f" {each.units}" if each.units != "1" else "")
        for each in contributions[:STRONGEST]
    ]
    rest = contributions[STRONGEST:]
    if rest:
        total = sum(each.contribution for each in rest)
        lines.append(f"    {total:+7.2f}  {len(rest)} other factors together")
    return lines


def _describe_push(push: Push) -> str:
    kind = "landslide" if push.landslide else "absence"
    return f"    {push.push:+7.2f}  {kind}, {_locate(push.distance_m, push.direction_degree)}"


def _describe_neighbour(landslide: Neighbour) -> str:
    date = landslide.date or "date unknown"
    where = _locate(landslide.distance_m, landslide.direction_degree)
    return f"    {where}: {landslide.id} ({date})"


def _locate(distance_m: float, direction_degree: float) -> str:
    if distance_m == 0:
        return "here"
    return f"{distance_m:.0f} m {_DIRECTIONS[round(direction_degree / 45) % 8]}"
