"""From addresses, files and virtual worlds to layers on one grid and a cleaned inventory."""

from landshift.runtime.slices import Slice


# On a cluster the compute nodes have no internet: what fetches runs where Snakemake runs.
localrules:
    acquire_dem,
    acquire_extent,
    acquire_layer,
    acquire_lines,
    acquire_inventory,
    acquire_library_region,
    acquire_surveyed,
    acquire_source_models,
    gather_ledger,
    write_configuration,


rule generate_virtual_region:
    output:
        detail="<results>/regions/{region}/layers/dem_detail.tif",
        dem="<results>/regions/{region}/layers/dem.tif",
        rainfall="<results>/regions/{region}/layers/rainfall.tif",
        lithology="<results>/regions/{region}/layers/lithology.tif",
        true_probability="<results>/regions/{region}/layers/true_probability.tif",
        inventory="<results>/regions/{region}/inventory.gpkg",
        validation="<results>/regions/{region}/validation.gpkg",
    log:
        "<logs>/generate_virtual_region/{region}.log",
    benchmark:
        "<benchmarks>/generate_virtual_region/{region}.tsv"
    wildcard_constraints:
        region=any_of(PLAN.virtual),
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        settings=lambda wildcards: REGIONS[wildcards.region]["virtual"],
        seed=config["seed"],
        code=hash_script("generate_virtual_region"),
    message:
        "Shape the virtual region {wildcards.region} and let its slopes fail"
    script:
        "../scripts/generate_virtual_region.py"


rule acquire_library_region:
    input:
        table=lambda wildcards: read_library()[wildcards.region].path,
        grounds=[find_ground(region) for region in PLAN.targets],
    output:
        samples="<results>/regions/{region}/samples.parquet",
        background="<results>/regions/{region}/background.parquet",
    log:
        "<logs>/acquire_library_region/{region}.log",
    benchmark:
        "<benchmarks>/acquire_library_region/{region}.tsv"
    wildcard_constraints:
        region=any_of(PLAN.library),
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=hash_script("acquire_library_region"),
    message:
        "Unpack {wildcards.region}"
    script:
        "../scripts/acquire_library_region.py"


rule acquire_dem:
    input:
        files=lambda wildcards: find_files(wildcards.region, "dem"),
    output:
        detail="<results>/regions/{region}/layers/dem_detail.tif",
        dem="<results>/regions/{region}/layers/dem.tif",
        record="<results>/regions/{region}/layers/dem.tif.json",
    log:
        "<logs>/acquire_dem/{region}.log",
    benchmark:
        "<benchmarks>/acquire_dem/{region}.tsv"
    wildcard_constraints:
        region=any_of(PLAN.real),
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        downloads=1,
    params:
        entry=lambda wildcards: Slice(find_entry(wildcards.region, "dem")),
        grid=lambda wildcards: Slice(GRIDS[wildcards.region]),
        content=lambda wildcards: hash_files(find_entry(wildcards.region, "dem")),
        code=hash_script("acquire_dem"),
    message:
        "Bring the elevation of {wildcards.region} onto the grid of the region"
    script:
        "../scripts/acquire_dem.py"


rule acquire_extent:
    input:
        files=lambda wildcards: find_files(wildcards.region, "extent"),
    output:
        extent="<results>/regions/{region}/layers/extent.tif",
        record="<results>/regions/{region}/layers/extent.tif.json",
    log:
        "<logs>/acquire_extent/{region}.log",
    benchmark:
        "<benchmarks>/acquire_extent/{region}.tsv"
    wildcard_constraints:
        region=any_of(PLAN.real),
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        downloads=1,
    params:
        entry=lambda wildcards: Slice(find_entry(wildcards.region, "extent")),
        grid=lambda wildcards: Slice(GRIDS[wildcards.region]),
        content=lambda wildcards: hash_files(find_entry(wildcards.region, "extent")),
        code=hash_script("acquire_extent"),
    message:
        "Bring the extent of {wildcards.region} onto the grid of the region"
    script:
        "../scripts/acquire_extent.py"


rule acquire_surveyed:
    input:
        files=lambda wildcards: find_files(wildcards.region, "surveyed"),
        dem=lambda wildcards: find_ground(wildcards.region),
        inventory=lambda wildcards: list_of_regions(
            [wildcards.region] * (find_entry(wildcards.region, "surveyed") == EXTENT),
            "inventory.gpkg",
        ),
    output:
        surveyed="<results>/regions/{region}/surveyed.tif",
        record="<results>/regions/{region}/surveyed.tif.json",
    log:
        "<logs>/acquire_surveyed/{region}.log",
    benchmark:
        "<benchmarks>/acquire_surveyed/{region}.tsv"
    wildcard_constraints:
        region=any_of(PLAN.real),
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        downloads=1,
    params:
        entry=lambda wildcards: Slice(
            {"extent": True}
            if find_entry(wildcards.region, "surveyed") == EXTENT
            else find_entry(wildcards.region, "surveyed")
        ),
        content=lambda wildcards: hash_files(find_entry(wildcards.region, "surveyed")),
        code=hash_script("acquire_surveyed"),
    message:
        "Bring the area surveyed for landslides onto the grid of {wildcards.region}"
    script:
        "../scripts/acquire_surveyed.py"


rule acquire_layer:
    input:
        files=lambda wildcards: find_files(wildcards.region, wildcards.layer),
        dem=lambda wildcards: find_ground(wildcards.region),
    output:
        layer="<results>/regions/{region}/layers/{layer}.tif",
        record="<results>/regions/{region}/layers/{layer}.tif.json",
    log:
        "<logs>/acquire_layer/{region}_{layer}.log",
    benchmark:
        "<benchmarks>/acquire_layer/{region}_{layer}.tsv"
    wildcard_constraints:
        region=any_of(PLAN.real),
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        downloads=1,
    params:
        entry=lambda wildcards: Slice(describe_origin(wildcards.region, wildcards.layer)),
        content=lambda wildcards: hash_files(find_entry(wildcards.region, wildcards.layer)),
        code=hash_script("acquire_layer"),
    message:
        "Bring the layer {wildcards.layer} onto the grid of {wildcards.region}"
    script:
        "../scripts/acquire_layer.py"


rule acquire_lines:
    input:
        files=lambda wildcards: find_files(wildcards.region, wildcards.layer),
        dem=lambda wildcards: find_ground(wildcards.region),
    output:
        lines="<results>/regions/{region}/layers/{layer}.gpkg",
        record="<results>/regions/{region}/layers/{layer}.gpkg.json",
    log:
        "<logs>/acquire_lines/{region}_{layer}.log",
    benchmark:
        "<benchmarks>/acquire_lines/{region}_{layer}.tsv"
    wildcard_constraints:
        region=any_of(PLAN.real),
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        downloads=1,
    params:
        entry=lambda wildcards: Slice(find_entry(wildcards.region, wildcards.layer)),
        content=lambda wildcards: hash_files(find_entry(wildcards.region, wildcards.layer)),
        code=hash_script("acquire_lines"),
    message:
        "Bring the lines {wildcards.layer} into the CRS of {wildcards.region}"
    script:
        "../scripts/acquire_lines.py"


rule acquire_inventory:
    input:
        files=lambda wildcards: find_files(wildcards.region, wildcards.inventory),
        dem=lambda wildcards: find_ground(wildcards.region),
        detail=lambda wildcards: (
            [find_detail(wildcards.region)]
            if STUDY.regions[wildcards.region].has_elevations
            else []
        ),
    output:
        inventory="<results>/regions/{region}/{inventory}.gpkg",
        cleaning=report(
            "<results>/regions/{region}/{inventory}_cleaning.csv",
            caption="../report/cleaning.rst",
            category="7 Data and licences",
            labels={"region": "{region}", "what": "Cleaning of the {inventory}"},
        ),
        record="<results>/regions/{region}/{inventory}.gpkg.json",
    log:
        "<logs>/acquire_{inventory}/{region}.log",
    benchmark:
        "<benchmarks>/acquire_{inventory}/{region}.tsv"
    wildcard_constraints:
        region=any_of(PLAN.real),
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        downloads=1,
    params:
        entry=lambda wildcards: Slice(find_entry(wildcards.region, wildcards.inventory)),
        content=lambda wildcards: hash_files(find_entry(wildcards.region, wildcards.inventory)),
        code=hash_script("acquire_inventory"),
    message:
        "Read and clean the {wildcards.inventory} of {wildcards.region}"
    script:
        "../scripts/acquire_inventory.py"


rule gather_ledger:
    input:
        records=lambda wildcards: below_results(outputs.list_records(PLAN, wildcards.region)),
    output:
        ledger="<results>/regions/{region}/layers.json",
    log:
        "<logs>/gather_ledger/{region}.log",
    benchmark:
        "<benchmarks>/gather_ledger/{region}.tsv"
    wildcard_constraints:
        region=any_of(PLAN.real),
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=500,
    params:
        code=hash_script("gather_ledger"),
    message:
        "Write down where the layers of {wildcards.region} came from"
    script:
        "../scripts/gather_ledger.py"
