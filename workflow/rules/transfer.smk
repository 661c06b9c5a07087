"""Stage 1 on the sources, stage 2 on the shots of a target."""

from landshift.runtime.slices import Slice


rule select_source_samples:
    input:
        source_samples="<results>/regions/{source}/samples.parquet",
        source_background="<results>/regions/{source}/background.parquet",
        source_ground=lambda wildcards: find_ground(wildcards.source),
        ground=lambda wildcards: find_ground(wildcards.target),
    output:
        samples="<results>/targets/{target}/sources/{source}/samples.parquet",
        background="<results>/targets/{target}/sources/{source}/background.parquet",
        record="<results>/targets/{target}/sources/{source}/shared.json",
    log:
        "<logs>/select_source_samples/{target}_{source}.log",
    benchmark:
        "<benchmarks>/select_source_samples/{target}_{source}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        margin_m=config["samples"]["buffer_m"],
        code=hash_script("select_source_samples"),
    message:
        "Leave out of {wildcards.source} what lies on the ground of {wildcards.target}"
    script:
        "../scripts/select_source_samples.py"


rule pretrain_sources:
    input:
        selected="<results>/sources/{target}/factors_selected.json",
        samples=lambda wildcards: list_of_sources(wildcards.target, "samples.parquet"),
        background=lambda wildcards: list_of_sources(wildcards.target, "background.parquet"),
        grounds=lambda wildcards: [
            find_ground(source) for source in PLAN.placed_sources_of(wildcards.target)
        ],
        shared=lambda wildcards: list_shared(wildcards.target),
    output:
        models=directory(expand("<results>/sources/{{target}}/{learner}", learner=LEARNERS)),
        manifest="<results>/sources/{target}/manifest.json",
    log:
        "<logs>/pretrain_sources/{target}.log",
    benchmark:
        "<benchmarks>/pretrain_sources/{target}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 2
    resources:
        mem_mb=4000,
    params:
        learners=LEARNERS,
        placed=lambda wildcards: PLAN.placed_sources_of(wildcards.target),
        own_units=lambda wildcards: Slice(PLAN.list_own_units(PLAN.sources_of(wildcards.target))),
        legends=lambda wildcards: Slice(PLAN.find_shared_legends(wildcards.target)),
        recipes=lambda wildcards: Slice(PLAN.list_recipes(PLAN.sources_of(wildcards.target))),
        seed=config["seed"],
        code=hash_script("pretrain_sources"),
    message:
        "Pre-train on the sources of {wildcards.target}"
    script:
        "../scripts/pretrain_sources.py"


rule acquire_source_models:
    input:
        manifest=f"{FROZEN['folder']}/manifest.json" if FROZEN else [],
    output:
        models=directory(expand("<results>/sources/frozen/{learner}", learner=LEARNERS)),
    log:
        "<logs>/acquire_source_models.log",
    benchmark:
        "<benchmarks>/acquire_source_models.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        frozen=Slice(config["transfer"]["frozen"] or {}),
        learners=LEARNERS,
        code=hash_script("acquire_source_models"),
    message:
        "Check and take over frozen source models"
    script:
        "../scripts/acquire_source_models.py"


rule fine_tune_target:
    input:
        models=lambda wildcards: list_source_models(wildcards.target),
        samples="<results>/regions/{target}/samples.parquet",
        background="<results>/regions/{target}/background.parquet",
        source_samples=lambda wildcards: list_of_sources(wildcards.target, "samples.parquet"),
        source_background=lambda wildcards: list_of_sources(wildcards.target, "background.parquet"),
    output:
        model=directory("<results>/targets/{target}/model"),
        shots="<results>/targets/{target}/shots.parquet",
    log:
        "<logs>/fine_tune_target/{target}.log",
    benchmark:
        "<benchmarks>/fine_tune_target/{target}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        shots=lambda wildcards: REGIONS[wildcards.target].get("shots"),
        prevalence=lambda wildcards: REGIONS[wildcards.target]["prevalence"],
        background_cells=config["transfer"]["background_cells"],
        own=lambda wildcards: PLAN.choose_target_factors(
            wildcards.target, PLAN.list_left_out(wildcards.target)
        ),
        own_units=lambda wildcards: Slice(PLAN.list_own_units([wildcards.target])),
        legends=lambda wildcards: Slice(PLAN.list_legends(wildcards.target)),
        seed=config["seed"],
        code=hash_script("fine_tune_target"),
    message:
        "Fine-tune on the landslides of {wildcards.target}"
    script:
        "../scripts/fine_tune_target.py"
