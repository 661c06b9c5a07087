"""From a fine-tuned model to maps of its target, and to one mosaic."""

from landshift.runtime.slices import Slice


rule map_susceptibility:
    input:
        model="<results>/targets/{target}/model",
        factors=lambda wildcards: list_factor_files(wildcards.target),
        sources=lambda wildcards: list_break_sources(wildcards.target),
    output:
        susceptibility="<results>/targets/{target}/susceptibility.tif",
        uncertainty="<results>/targets/{target}/uncertainty.tif",
        classes="<results>/targets/{target}/classes.tif",
    log:
        "<logs>/map_susceptibility/{target}.log",
    benchmark:
        "<benchmarks>/map_susceptibility/{target}.tsv"
    # most of what follows waits for it, and then for the drivers
    priority: 2
    conda:
        "../../envs/landshift.yaml"
    threads: 2
    resources:
        mem_mb=6000,
    params:
        breaks=config["maps"]["breaks"],
        block_size=config["maps"]["block_size"],
        code=hash_script("map_susceptibility"),
    message:
        "Map the susceptibility of {wildcards.target}"
    script:
        "../scripts/map_susceptibility.py"


rule map_interval:
    input:
        model="<results>/targets/{target}/model",
        susceptibility="<results>/targets/{target}/susceptibility.tif",
        uncertainty="<results>/targets/{target}/uncertainty.tif",
    output:
        lower="<results>/targets/{target}/susceptibility_lower.tif",
        upper="<results>/targets/{target}/susceptibility_upper.tif",
    log:
        "<logs>/map_interval/{target}.log",
    benchmark:
        "<benchmarks>/map_interval/{target}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 2
    resources:
        mem_mb=3000,
    params:
        block_size=config["maps"]["block_size"],
        code=hash_script("map_interval"),
    message:
        "Map between which limits the susceptibility of {wildcards.target} lies"
    script:
        "../scripts/map_interval.py"


rule map_applicability:
    input:
        model="<results>/targets/{target}/model",
        factors=lambda wildcards: list_factor_files(wildcards.target),
        samples=lambda wildcards: list_of_sources(wildcards.target, "samples.parquet"),
        shots="<results>/targets/{target}/shots.parquet",
    output:
        dissimilarity="<results>/targets/{target}/dissimilarity.tif",
        applicability="<results>/targets/{target}/applicability.tif",
    log:
        "<logs>/map_applicability/{target}.log",
    benchmark:
        "<benchmarks>/map_applicability/{target}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 2
    resources:
        mem_mb=6000,
    params:
        block_size=config["maps"]["block_size"],
        code=hash_script("map_applicability"),
    message:
        "Map where {wildcards.target} resembles what its model has learned from"
    script:
        "../scripts/map_applicability.py"


rule mosaic_maps:
    input:
        susceptibility=expand("<results>/targets/{target}/susceptibility.tif", target=TARGETS),
        uncertainty=expand("<results>/targets/{target}/uncertainty.tif", target=TARGETS),
        classes=list_of_targets("classes.tif", config["maps"]["breaks"] == "sources"),
    output:
        susceptibility="<results>/mosaic/susceptibility.tif",
        classes="<results>/mosaic/classes.tif",
    log:
        "<logs>/mosaic_maps.log",
    benchmark:
        "<benchmarks>/mosaic_maps.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 2
    resources:
        mem_mb=6000,
    params:
        targets=TARGETS,
        grid=Slice(config["mosaic"] or {}),
        breaks=config["maps"]["breaks"],
        block_size=config["maps"]["block_size"],
        code=hash_script("mosaic_maps"),
    message:
        "Join the maps of all targets; the less uncertain map wins where they overlap"
    script:
        "../scripts/mosaic_maps.py"
