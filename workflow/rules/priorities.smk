"""Where to act first: units ranked by susceptible area and exposure, and corridors."""

from landshift.runtime.slices import Slice

PRIORITIES = config["priorities"] or {}
UNITS = PRIORITIES.get("units", {})
EXPOSURE = PRIORITIES.get("exposure", {})
CORRIDORS = PRIORITIES.get("corridors", {})


rule evaluate_priorities:
    input:
        classes="<results>/targets/{target}/classes.tif",
        units=lambda wildcards: list_files(UNITS),
        exposure=lambda wildcards: [
            file for entry in EXPOSURE.values() for file in list_files(entry)
        ],
    output:
        layer="<results>/targets/{target}/priorities.gpkg",
        table=report(
            "<results>/targets/{target}/priorities.csv",
            caption="../report/priorities.rst",
            category="5 Priorities",
            subcategory="{target}",
            labels={"region": "{target}", "what": "Units by susceptible area"},
        ),
    log:
        "<logs>/evaluate_priorities/{target}.log",
    benchmark:
        "<benchmarks>/evaluate_priorities/{target}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        units=Slice(UNITS),
        grid_m=PRIORITIES.get("grid_m"),
        exposure=Slice({kind: entry["file"] for kind, entry in EXPOSURE.items()}),
        susceptible_from=PRIORITIES.get("susceptible_from"),
        content=hash_files(UNITS, *EXPOSURE.values()),
        code=hash_script("evaluate_priorities"),
    message:
        "Rank units of {wildcards.target} by their susceptible area"
    script:
        "../scripts/evaluate_priorities.py"


rule evaluate_corridors:
    input:
        susceptibility="<results>/targets/{target}/susceptibility.tif",
        lines=lambda wildcards: [file for entry in CORRIDORS.values() for file in list_files(entry)],
    output:
        table="<results>/targets/{target}/corridors.csv",
    log:
        "<logs>/evaluate_corridors/{target}.log",
    benchmark:
        "<benchmarks>/evaluate_corridors/{target}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        corridors=Slice(CORRIDORS),
        content=hash_files(*CORRIDORS.values()),
        code=hash_script("evaluate_corridors"),
    message:
        "Follow corridors through {wildcards.target}"
    script:
        "../scripts/evaluate_corridors.py"


rule plot_corridors:
    input:
        table="<results>/targets/{target}/corridors.csv",
        classes="<results>/targets/{target}/classes.tif",
    output:
        figure=report(
            "<results>/report/{target}/corridors.png",
            caption="../report/corridors.rst",
            category="5 Priorities",
            subcategory="{target}",
            labels={"region": "{target}", "what": "Along corridors"},
        ),
    log:
        "<logs>/plot_corridors/{target}.log",
    benchmark:
        "<benchmarks>/plot_corridors/{target}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=hash_script("plot_corridors"),
    message:
        "Draw the susceptibility along corridors of {wildcards.target}"
    script:
        "../scripts/plot_corridors.py"
