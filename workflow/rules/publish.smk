"""Maps for others: a page for a browser, styles, a catalogue, and a card of each model."""


rule write_viewer:
    input:
        susceptibility=list_of_targets("susceptibility.tif"),
        classes=list_of_targets("classes.tif"),
        uncertainty=list_of_targets("uncertainty.tif"),
        dissimilarity=list_of_targets("dissimilarity.tif", KNOWN_SOURCES),
        applicability=list_of_targets("applicability.tif", KNOWN_SOURCES),
        dem=expand("<results>/regions/{target}/layers/dem.tif", target=TARGETS),
        inventory=expand("<results>/regions/{target}/inventory.gpkg", target=TARGETS),
        priorities=list_of_targets("priorities.gpkg", config["priorities"]),
        drivers=list_of_targets("drivers.csv", KNOWN_SOURCES),
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
        mem_mb=2000,
    params:
        study=config["study"],
        targets=TARGETS,
        page=hash_viewer(),
        code=hash_script("write_viewer"),
    message:
        "Write the page that shows all maps in a browser"
    script:
        "../scripts/write_viewer.py"
