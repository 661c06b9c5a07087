"""Write the table of recipes into docs/data.md: `make recipe-docs`."""

from pathlib import Path

from landshift.acquire.recipes import RECIPES, Recipe

DATA = Path(__file__).with_name("data.md")
START = "<!-- recipes: written by `make recipe-docs` -->\n"
END = "<!-- end of recipes -->\n"
COLUMNS = ("recipe", "what", "resolution", "unit", "no data", "onto the grid", "licence")


def describe_recipes() -> str:
    """Write the recipes as a table, and their services and citations as a list."""
    rows = [_write_row(COLUMNS), _write_row(["---"] * len(COLUMNS))]
    rows += [_write_row(_describe(recipe)) for recipe in RECIPES.values()]
    sources = [_write_source(recipe) for recipe in RECIPES.values()]
    return "\n".join([*rows, "", *sources, ""])


def place(text: str, table: str) -> str:
    """Put the table between its marks."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}{table}{END}{after}"


def _describe(recipe: Recipe) -> list[str]:
    return [
        f"`{recipe.name}`",
        f"{recipe.long_name} ({recipe.kind})",
        recipe.resolution,
        recipe.units,
        recipe.nodata,
        recipe.resampling,
        recipe.licence or "as the source states it",
    ]


def _write_source(recipe: Recipe) -> str:
    service = f"<{recipe.service}>" if recipe.service else "at `service`"
    fallback = f", else <{recipe.fallback}>" if recipe.fallback else ""
    asked = f", `{recipe.part}`" * bool(recipe.part) + f", where `{recipe.where}`" * bool(
        recipe.where
    )
    citation = f" {recipe.citation}." if recipe.citation else ""
    uncertain = f" **Not seen at the source: {recipe.uncertain}.**" if recipe.uncertain else ""
    return f"- `{recipe.name}`: {service}{fallback}{asked}.{citation}{uncertain}"


def _write_row(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    DATA.write_text(place(DATA.read_text(encoding="utf-8"), describe_recipes()), encoding="utf-8")
