"""Why a map looks as it does, where it can be trusted, and what it says of one place."""


rule evaluate_classes:
    input:
        classes="<results>/targets/{target}/classes.tif",
        dem=lambda wildcards: find_ground(wildcards.target),
        samples="<results>/regions/{target}/samples.parquet",
        shots="<results>/targets/{target}/shots.parquet",
        validation=lambda wildcards: list_validation(wildcards.target),
    output:
        table=report(
            "<results>/targets/{target}/classes.csv",
            caption="../report/classes.rst",
            category="2 Maps",
            subcategory="{target}",
            labels={"region": "{target}", "what": "Area and landslides in each class"},
        ),
    log:
        "<logs>/evaluate_classes/{target}.log",
    benchmark:
        "<benchmarks>/evaluate_classes/{target}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        known=lambda wildcards: find_known_places(wildcards.target),
        code=hash_script("evaluate_classes"),
    message:
        "Count area and landslides in each class of {wildcards.target}"
    script:
        "../scripts/evaluate_classes.py"


rule evaluate_drivers:
    input:
        model="<results>/targets/{target}/model",
        classes="<results>/targets/{target}/classes.tif",
        background="<results>/regions/{target}/background.parquet",
        source_backgrounds=lambda wildcards: list_of_sources(wildcards.target, "background.parquet"),
        shots="<results>/targets/{target}/shots.parquet",
    output:
        drivers="<results>/targets/{target}/drivers.csv",
        dependence="<results>/targets/{target}/dependence.csv",
        influence="<results>/targets/{target}/shot_influence.csv",
    log:
        "<logs>/evaluate_drivers/{target}.log",
    benchmark:
        "<benchmarks>/evaluate_drivers/{target}.tsv"
    priority: 1
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        code=hash_script("evaluate_drivers"),
    message:
        "Explain the map of {wildcards.target} by its factors and shots"
    script:
        "../scripts/evaluate_drivers.py"


rule map_local_drivers:
    input:
        model="<results>/targets/{target}/model",
        factors=lambda wildcards: list_factor_files(wildcards.target),
        background="<results>/regions/{target}/background.parquet",
    output:
        drivers="<results>/targets/{target}/local_drivers.tif",
    log:
        "<logs>/map_local_drivers/{target}.log",
    benchmark:
        "<benchmarks>/map_local_drivers/{target}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 2
    resources:
        mem_mb=3000,
    params:
        block_size=config["maps"]["block_size"],
        code=hash_script("map_local_drivers"),
    message:
        "Map what moves the map of {wildcards.target} at each place"
    script:
        "../scripts/map_local_drivers.py"


rule plot_drivers:
    input:
        drivers="<results>/targets/{target}/drivers.csv",
        dependence="<results>/targets/{target}/dependence.csv",
    output:
        bars=report(
            "<results>/report/{target}/drivers.png",
            caption="../report/drivers.rst",
            category="4 Drivers",
            subcategory="{target}",
            labels={"region": "{target}", "what": "What drives the map"},
        ),
        curves=report(
            "<results>/report/{target}/dependence.png",
            caption="../report/dependence.rst",
            category="4 Drivers",
            subcategory="{target}",
            labels={"region": "{target}", "what": "How the drivers act"},
        ),
    log:
        "<logs>/plot_drivers/{target}.log",
    benchmark:
        "<benchmarks>/plot_drivers/{target}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=hash_script("plot_drivers"),
    message:
        "Draw what drives the map of {wildcards.target}"
    script:
        "../scripts/plot_drivers.py"


rule plot_applicability:
    input:
        dem=lambda wildcards: find_ground(wildcards.target),
        mask="<results>/targets/{target}/applicability.tif",
    output:
        figure=report(
            "<results>/report/{target}/applicability.png",
            caption="../report/applicability.rst",
            category="2 Maps",
            subcategory="{target}",
            labels={"region": "{target}", "what": "Where the map applies"},
        ),
    log:
        "<logs>/plot_applicability/{target}.log",
    benchmark:
        "<benchmarks>/plot_applicability/{target}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        code=hash_script("plot_applicability"),
    message:
        "Draw where the map of {wildcards.target} applies"
    script:
        "../scripts/plot_applicability.py"


rule plot_bivariate:
    input:
        dem=lambda wildcards: find_ground(wildcards.target),
        susceptibility="<results>/targets/{target}/susceptibility.tif",
        uncertainty="<results>/targets/{target}/uncertainty.tif",
    output:
        figure=report(
            "<results>/report/{target}/bivariate.png",
            caption="../report/bivariate.rst",
            category="2 Maps",
            subcategory="{target}",
            labels={"region": "{target}", "what": "Susceptibility and uncertainty"},
        ),
    log:
        "<logs>/plot_bivariate/{target}.log",
    benchmark:
        "<benchmarks>/plot_bivariate/{target}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        code=hash_script("plot_bivariate"),
    message:
        "Draw how certain the map of {wildcards.target} is at each place"
    script:
        "../scripts/plot_bivariate.py"


rule describe_site:
    input:
        maps=below_results(outputs.list_maps(PLAN)),
    output:
        text="<results>/sites/{longitude}_{latitude}.txt",
        table="<results>/sites/{longitude}_{latitude}.json",
    log:
        "<logs>/describe_site/{longitude}_{latitude}.log",
    benchmark:
        "<benchmarks>/describe_site/{longitude}_{latitude}.tsv"
    wildcard_constraints:
        longitude="-?[0-9.]+",
        latitude="-?[0-9.]+",
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        code=hash_script("describe_site"),
    message:
        "Describe longitude {wildcards.longitude}, latitude {wildcards.latitude}"
    script:
        "../scripts/describe_site.py"
