"""Write the methods of the benchmark into docs/methods.md: `make method-docs`."""

from pathlib import Path

from landshift.evaluation.benchmark.methods import get_methods
from landshift.evaluation.benchmark.names import FAMILIES, METHODS

PAGE = Path(__file__).with_name("methods.md")
START = "<!-- methods: written by `make method-docs` -->\n"
END = "<!-- end of methods -->\n"


def describe_methods() -> str:
    """Write a row for each method, in the order in which readers see them."""
    order = list(METHODS)
    found = sorted(get_methods(), key=lambda each: [*order, each.name].index(each.name))
    rows = ["| method | group | families | what it does |", "|---|---|---|---|"]
    for each in found:
        families = ", ".join(FAMILIES[name].short for name in each.families)
        what = each.description.rstrip(".")
        rows.append(f"| `{each.name}` | {each.group} | {families} | {what} |")
    return "\n".join([*rows, ""])


def place(text: str, table: str) -> str:
    """Put the table between its marks."""
    before, _, rest = text.partition(START)
    return f"{before}{START}{table}{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(place(page, describe_methods()), encoding="utf-8")
