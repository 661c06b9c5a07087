"""Write the manual of the configuration, and the JSON Schema that editors read, from the model.

Input: `landshift.study.model`. Output: `config/README.md`, `config/study.schema.json`
(`make docs`).
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from landshift.study.model import Study

CONFIG = Path(__file__).parents[1] / "config"

INTRODUCTION = """\
# Manual of the configuration

Written from `src/landshift/study/model.py` by `make docs`; edit the model, not this page.

| file | study |
|---|---|
| `config.yaml` | the default: four virtual regions, offline, minutes |
| `benchmark.yaml` | three real regions, each the target of the other two |
| `template.yaml` | what you copy for a region of your own; every key explained |

Run a study with `.venv/bin/snakemake --configfile config/NAME.yaml --cores 2`. A file given this
way replaces the default study. Everything is checked before the first job: unknown keys, types and
ranges, whether the parts fit together, and whether the files are there. Problems are told together,
each with the path of its key and the remedy. Where Snakemake itself cannot read a file,
`.venv/bin/landshift study config/NAME.yaml` names the line and the column. Ask that first of a
study that others wrote: Snakemake can run code in it before the workflow sees it
([Security](../docs/security.md)).

Editors that know YAML schemas complete and check the keys as you type: the first line of the files
above names `study.schema.json`, which lies next to them.
"""

Schema = dict[str, Any]


def main(folder: Path = CONFIG) -> None:
    """Write both files."""
    schema = describe_study()
    (folder / "README.md").write_text(describe_schema(schema))
    (folder / "study.schema.json").write_text(format_schema(schema) + "\n")


def describe_study() -> Schema:
    """Describe the model of a study as a JSON Schema, without what says nothing to an editor."""
    draft = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": draft, **_tidy(Study.model_json_schema())}


def format_schema(schema: Any, *, levels: int = 4, indent: str = "") -> str:
    """Write a schema with a line for each key of a study."""
    if levels == 0 or not isinstance(schema, dict):
        return json.dumps(schema)
    inner = indent + " "
    lines = (
        f"{inner}{json.dumps(key)}: {format_schema(below, levels=levels - 1, indent=inner)}"
        for key, below in schema.items()
    )
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


def describe_schema(schema: Schema) -> str:
    """Describe every object of the schema in a section with a table of its keys."""
    sections = _walk("", schema, schema["$defs"], described=set())
    return "\n".join([INTRODUCTION, *sections])


def _tidy(schema: Any) -> Any:
    """Drop titles and defaults that say nothing: of keys left out, and of whole parts."""
    if isinstance(schema, list):
        return [_tidy(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _tidy(below) for key, below in schema.items() if not _says_nothing(key, schema)}
    if "description" in kept and isinstance(kept["description"], str):
        kept["description"] = " ".join(kept["description"].split())
    for pattern, below in kept.pop("patternProperties", {}).items():
        kept |= {"propertyNames": {"pattern": pattern}, "additionalProperties": below}
    return kept


def _says_nothing(key: str, schema: Schema) -> bool:
    value = schema[key]
    if key == "default":
        takes_null = {"type": "null"} in schema.get("anyOf", [])
        return isinstance(value, dict) or (value is None and not takes_null)
    return key == "title" and isinstance(value, str)


def _walk(path: str, schema: Schema, definitions: Schema, *, described: set[str]) -> Iterator[str]:
    yield _describe_object(path, schema, definitions)
    for key, value in schema["properties"].items():
        here = f"{path}.{key}".lstrip(".")
        if isinstance(value.get("additionalProperties"), dict):
            here, value = f"{here}.NAME", value["additionalProperties"]
        name = _find_reference(value)
        if name and name not in described:
            described.add(name)
            stated = {key: value[key] for key in ("description",) if key in value}
            yield from _walk(here, definitions[name] | stated, definitions, described=described)


def _describe_object(path: str, schema: Schema, definitions: Schema) -> str:
    required = schema.get("required", [])
    lines = [f"## {'`' + path + '`' if path else 'The study'}", "", schema["description"], ""]
    lines += ["| key | meaning | values | default |", "|---|---|---|---|"]
    for key, value in schema["properties"].items():
        name = _find_reference(value)
        meaning = value.get("description") or definitions[name]["description"]
        cells = [f"`{key}`", meaning, _values(value), _default(value, key in required)]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join([*lines, ""])


def _find_reference(schema: Schema) -> str | None:
    """Find the object that a key holds, or that it holds if it is not null."""
    for choice in (schema, *schema.get("anyOf", [])):
        if "$ref" in choice:
            return choice["$ref"].rsplit("/", 1)[-1]
    return None


def _values(schema: Schema) -> str:
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "anyOf" in schema:
        return " or ".join(_values(choice) for choice in schema["anyOf"])
    if "$ref" in schema or isinstance(schema.get("additionalProperties"), dict):
        return "keys" if schema.get("type", "object") == "object" else "keys or string"
    if isinstance(schema["type"], list):
        return " or ".join(schema["type"])
    if schema["type"] == "array":
        return f"list of {_values(schema['items'])}"
    return f"{schema['type']}{_limits(schema)}"


def _limits(schema: Schema) -> str:
    words = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
    stated = [f"{sign} {schema[key]:.10g}" for key, sign in words.items() if key in schema]
    return f" {', '.join(stated)}" if stated else ""


def _default(schema: Schema, required: bool) -> str:
    if required:
        return "**needed**"
    if "default" not in schema:
        return ""
    return f"`{json.dumps(schema['default'])}`".replace('"', "")


if __name__ == "__main__":
    main()
