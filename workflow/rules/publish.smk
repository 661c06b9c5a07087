"""Maps for others: a page for a browser, styles, a catalogue, and a card of each model."""


rule write_viewer:
    input:
        susceptibility=list_of_targets("susceptibility.tif"),
        classes=list_of_targets("classes.tif"),
        uncertainty=list_of_targets("uncertainty.tif"),
        dissimilarity=list_of_targets("dissimilarity.tif", PLAN.knows_sources),
        applicability=list_of_targets("applicability.tif", PLAN.knows_sources),
        dem=[find_ground(target) for target in TARGETS],
        inventory=expand("<results>/regions/{target}/inventory.gpkg", target=TARGETS),
        priorities=list_of_targets("priorities.gpkg", config["priorities"]),
        drivers=list_of_targets("drivers.csv", PLAN.knows_sources),
        local_drivers=list_of_targets("local_drivers.tif"),
        model=list_of_targets("model"),
        mosaic=below_results(outputs.list_mosaic(PLAN)),
    output:
        page="<results>/report/viewer.html",
    log:
        "<logs>/write_viewer.log",
    benchmark:
        "<benchmarks>/write_viewer.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        study=config["study"],
        targets=TARGETS,
        page=hash_viewer(),
        code=hash_script("write_viewer"),
    message:
        "Write the page that shows all maps in a browser"
    script:
        "../scripts/write_viewer.py"


rule write_styles:
    input:
        susceptibility="<results>/targets/{target}/susceptibility.tif",
    output:
        susceptibility_qml="<results>/targets/{target}/susceptibility.qml",
        susceptibility_sld="<results>/targets/{target}/susceptibility.sld",
        classes_qml="<results>/targets/{target}/classes.qml",
        classes_sld="<results>/targets/{target}/classes.sld",
    log:
        "<logs>/write_styles/{target}.log",
    benchmark:
        "<benchmarks>/write_styles/{target}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=hash_script("write_styles"),
    message:
        "Write how the maps of {wildcards.target} look in QGIS and elsewhere"
    script:
        "../scripts/write_styles.py"


rule write_model_card:
    input:
        model="<results>/targets/{target}/model",
        classes="<results>/targets/{target}/classes.csv",
        skill="<results>/targets/{target}/skill.csv",
        benchmark=lambda wildcards: (
            ["<results>/benchmark/summary.csv"]
            if wildcards.target in PLAN.benchmark_targets
            else []
        ),
        drivers=["<results>/targets/{target}/drivers.csv"] if PLAN.knows_sources else [],
        applicability=["<results>/targets/{target}/applicability.tif"] if PLAN.knows_sources else [],
        ledgers=lambda wildcards: list_of_regions(
            PLAN.real_regions_of(wildcards.target), "layers.json"
        ),
        samples=lambda wildcards: list_of_regions(
            PLAN.regions_of(wildcards.target), "samples.parquet"
        ),
        background=lambda wildcards: list_of_regions(
            PLAN.regions_of(wildcards.target), "background.parquet"
        ),
        inventories=lambda wildcards: list_of_regions(
            PLAN.mapped_regions_of(wildcards.target), "inventory.gpkg"
        ),
        shared=lambda wildcards: list_shared(wildcards.target),
        cleanings=lambda wildcards: list_of_regions(
            PLAN.real_regions_of(wildcards.target), "inventory_cleaning.csv"
        ),
    output:
        card="<results>/targets/{target}/model_card.md",
        page=report(
            "<results>/report/{target}/model_card.html",
            caption="../report/model_card.rst",
            category="6 Methods",
            subcategory="{target}",
            labels={"region": "{target}", "what": "Model card"},
        ),
    log:
        "<logs>/write_model_card/{target}.log",
    benchmark:
        "<benchmarks>/write_model_card/{target}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        read=lambda wildcards: PLAN.real_regions_of(wildcards.target),
        mapped=lambda wildcards: PLAN.mapped_regions_of(wildcards.target),
        library=PLAN.library,
        regions=lambda wildcards: PLAN.regions_of(wildcards.target),
        known=lambda wildcards: find_known_places(wildcards.target),
        surveyed=lambda wildcards: describe_surveys(wildcards.target),
        code=hash_script("write_model_card"),
    message:
        "Write down what the map of {wildcards.target} is, how good it is, and where not to use it"
    script:
        "../scripts/write_model_card.py"


rule write_catalogue:
    input:
        susceptibility=list_of_targets("susceptibility.tif"),
        susceptibility_lower=list_of_targets("susceptibility_lower.tif"),
        susceptibility_upper=list_of_targets("susceptibility_upper.tif"),
        classes=list_of_targets("classes.tif"),
        uncertainty=list_of_targets("uncertainty.tif"),
        dissimilarity=list_of_targets("dissimilarity.tif", PLAN.knows_sources),
        applicability=list_of_targets("applicability.tif", PLAN.knows_sources),
        model=list_of_targets("model"),
        card=list_of_targets("model_card.md"),
    output:
        catalogue="<results>/catalog/catalog.json",
        entries=expand("<results>/catalog/{target}/{target}.json", target=TARGETS),
    log:
        "<logs>/write_catalogue.log",
    benchmark:
        "<benchmarks>/write_catalogue.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        study=config["study"],
        targets=TARGETS,
        code=hash_script("write_catalogue"),
    message:
        "Write a STAC catalogue of all maps"
    script:
        "../scripts/write_catalogue.py"
