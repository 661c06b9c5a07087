"""From a fine-tuned model to maps of its target, and to one mosaic."""


rule map_susceptibility:
    input:
        model="<results>/targets/{target}/model",
        factors=lambda wildcards: list_factor_files(wildcards.target),
    output:
        susceptibility="<results>/targets/{target}/susceptibility.tif",
        uncertainty="<results>/targets/{target}/uncertainty.tif",
        classes="<results>/targets/{target}/classes.tif",
    log:
        "<logs>/map_susceptibility/{target}.log",
    benchmark:
        "<benchmarks>/map_susceptibility/{target}.tsv"
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


rule mosaic_maps:
    input:
        susceptibility=expand("<results>/targets/{target}/susceptibility.tif", target=TARGETS),
        uncertainty=expand("<results>/targets/{target}/uncertainty.tif", target=TARGETS),
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
        grid=config["mosaic"],
        breaks=config["maps"]["breaks"],
        block_size=config["maps"]["block_size"],
        code=hash_script("mosaic_maps"),
    message:
        "Join the maps of all targets; the less uncertain map wins where they overlap"
    script:
        "../scripts/mosaic_maps.py"
