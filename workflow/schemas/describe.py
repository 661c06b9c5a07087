"""Write config/README.md, the manual of the configuration, from the schema.

Input: config.schema.yaml beside this file. Output: config/README.md (`make docs`).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

SCHEMA = Path(__file__).with_name("config.schema.yaml")
MANUAL = Path(__file__).parents[2] / "config" / "README.md"

INTRODUCTION = """\
# Manual of the configuration

Generated from `workflow/schemas/config.schema.yaml` by `make docs`; edit the schema, not this page.

| file | study |
|---|---|
| `config.yaml` | the default: four virtual regions, offline, minutes |
| `benchmark.yaml` | three real regions, each the target of the other two |
| `template.yaml` | what you copy for a region of your own; every key explained |

Run a study with `.venv/bin/snakemake --configfile config/NAME.yaml --cores 2`. A file given this
way replaces the default study. Everything is checked before the first job: unknown keys, types and
ranges by the schema, and then whether the parts fit together. All problems of the second kind are
reported at once, each with the path of its key and the remedy.
"""

Schema = dict[str, Any]


def main(*, schema: Path, manual: Path) -> None:
    """Write the manual of a schema."""
    manual.write_text(describe_schema(yaml.safe_load(schema.read_text())))


def describe_schema(schema: Schema) -> str:
    """Describe every object of the schema in a section with a table of its keys."""
    sections = _walk("", schema, schema["$defs"], described=set())
    return "\n".join([INTRODUCTION, *sections])


def _walk(path: str, schema: Schema, definitions: Schema, *, described: set[str]) -> Iterator[str]:
    yield _describe_object(path, schema, definitions)
    for key, value in schema["properties"].items():
        here = f"{path}.{key}".lstrip(".")
        below = _resolve(value, definitions)
        if "properties" not in below and isinstance(below.get("additionalProperties"), dict):
            here, value = f"{here}.NAME", below["additionalProperties"]
            below = _resolve(value, definitions)
        if "properties" in below and value.get("$ref") not in described:
            described |= {value["$ref"]} if "$ref" in value else set()
            yield from _walk(here, below, definitions, described=described)


def _describe_object(path: str, schema: Schema, definitions: Schema) -> str:
    required = schema.get("required", [])
    lines = [f"## {'`' + path + '`' if path else 'The study'}", "", schema["description"], ""]
    lines += ["| key | meaning | values | default |", "|---|---|---|---|"]
    for key, value in schema["properties"].items():
        below = _resolve(value, definitions)
        cells = [f"`{key}`", below["description"], _values(below), _default(below, key in required)]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join([*lines, ""])


def _resolve(schema: Schema, definitions: Schema) -> Schema:
    """Follow a reference, and see through an object that may also be null."""
    if "$ref" in schema:
        return definitions[schema["$ref"].rsplit("/", 1)[-1]] | schema
    for choice in schema.get("anyOf", []):
        if "properties" in choice:
            return {**choice, **{key: schema[key] for key in ("description", "default")}}
    return schema


def _values(schema: Schema) -> str:
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_values(choice) for choice in schema["anyOf"])
    if schema["type"] == "array":
        return f"list of {_values(schema['items'])}"
    if isinstance(schema["type"], list):
        return " or ".join(schema["type"])
    if "properties" in schema or isinstance(schema.get("additionalProperties"), dict):
        return "keys"
    return f"{schema['type']}{_limits(schema)}"


def _limits(schema: Schema) -> str:
    words = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
    stated = [f"{sign} {schema[key]}" for key, sign in words.items() if key in schema]
    return f" {', '.join(stated)}" if stated else ""


def _default(schema: Schema, required: bool) -> str:
    if required:
        return "**needed**"
    default = schema.get("default", "")
    if default == "" or default == {}:
        return ""
    return f"`{'null' if default is None else default}`".replace("'", "")


if __name__ == "__main__":
    main(schema=SCHEMA, manual=MANUAL)
