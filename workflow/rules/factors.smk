"""From layers to conditioning factors, and from factors to tables of samples."""

from landshift.runtime.slices import Slice


rule derive_terrain_factors:
    input:
        detail=lambda wildcards: find_detail(wildcards.region),
        dem="<results>/regions/{region}/layers/dem.tif",
    output:
        factors="<results>/regions/{region}/factors/terrain.tif",
    log:
        "<logs>/derive_terrain_factors/{region}.log",
    benchmark:
        "<benchmarks>/derive_terrain_factors/{region}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: take_cores(ALL_CORES)
    resources:
        # 1.1 GB with 2 cores on 4096 x 4096 cells, and most of it by the thread
        mem_mb=lambda wildcards, threads, attempt: attempt * (1000 + 500 * threads),
    params:
        code=hash_script("derive_terrain_factors"),
    message:
        "Derive slope, curvature and relief of {wildcards.region}"
    script:
        "../scripts/derive_terrain_factors.py"


rule derive_drainage_factors:
    input:
        detail=lambda wildcards: find_detail(wildcards.region),
        dem="<results>/regions/{region}/layers/dem.tif",
    output:
        factors="<results>/regions/{region}/factors/drainage.tif",
    log:
        "<logs>/derive_drainage_factors/{region}.log",
    benchmark:
        "<benchmarks>/derive_drainage_factors/{region}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: take_cores(2)
    resources:
        mem_mb=take_memory(1000, bytes_per_cell=95, most_cells=400_000_000),
    params:
        code=hash_script("derive_drainage_factors"),
    message:
        "Route water over {wildcards.region}"
    script:
        "../scripts/derive_drainage_factors.py"


rule derive_proximity_factors:
    input:
        dem=lambda wildcards: find_ground(wildcards.region),
        lines=lambda wildcards: expand(
            "<results>/regions/{{region}}/layers/{line}.gpkg",
            line=PLAN.list_layers(wildcards.region, "proximity"),
        ),
    output:
        factors="<results>/regions/{region}/factors/proximity.tif",
    log:
        "<logs>/derive_proximity_factors/{region}.log",
    benchmark:
        "<benchmarks>/derive_proximity_factors/{region}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        code=hash_script("derive_proximity_factors"),
    message:
        "Measure distances to the lines of {wildcards.region}"
    script:
        "../scripts/derive_proximity_factors.py"


rule derive_stability_factors:
    input:
        terrain="<results>/regions/{region}/factors/terrain.tif",
        drainage="<results>/regions/{region}/factors/drainage.tif",
    output:
        factors="<results>/regions/{region}/factors/stability.tif",
    log:
        "<logs>/derive_stability_factors/{region}.log",
    benchmark:
        "<benchmarks>/derive_stability_factors/{region}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        soil=config["factors"]["stability"],
        code=hash_script("derive_stability_factors"),
    message:
        "Weigh the slopes of {wildcards.region} against their soil and water"
    script:
        "../scripts/derive_stability_factors.py"


rule derive_surface_factors:
    input:
        blue="<results>/regions/{region}/layers/blue.tif",
        red="<results>/regions/{region}/layers/red.tif",
        nir="<results>/regions/{region}/layers/nir.tif",
        swir="<results>/regions/{region}/layers/swir.tif",
    output:
        factors="<results>/regions/{region}/factors/surface.tif",
    log:
        "<logs>/derive_surface_factors/{region}.log",
    benchmark:
        "<benchmarks>/derive_surface_factors/{region}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=hash_script("derive_surface_factors"),
    message:
        "Derive vegetation, moisture and bare soil of {wildcards.region}"
    script:
        "../scripts/derive_surface_factors.py"


rule derive_climate_factors:
    input:
        layers=lambda wildcards: expand(
            "<results>/regions/{{region}}/layers/{layer}.tif",
            layer=PLAN.list_layers(wildcards.region, "climate"),
        ),
    output:
        factors="<results>/regions/{region}/factors/climate.tif",
    log:
        "<logs>/derive_climate_factors/{region}.log",
    benchmark:
        "<benchmarks>/derive_climate_factors/{region}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=hash_script("derive_climate_factors"),
    message:
        "Take the rainfall of {wildcards.region} as a factor"
    script:
        "../scripts/derive_climate_factors.py"


rule derive_class_factors:
    input:
        layers=lambda wildcards: expand(
            "<results>/regions/{{region}}/layers/{layer}.tif",
            layer=PLAN.list_class_layers(wildcards.region, wildcards.classes),
        ),
        legends=lambda wildcards: PLAN.list_legend_files(wildcards.region, wildcards.classes),
    output:
        factors="<results>/regions/{region}/factors/{classes}.tif",
    log:
        "<logs>/derive_class_factors/{region}_{classes}.log",
    benchmark:
        "<benchmarks>/derive_class_factors/{region}_{classes}.tsv"
    wildcard_constraints:
        classes="ground|land_cover",
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        stated=lambda wildcards: Slice(PLAN.describe_classes(wildcards.region, wildcards.classes)),
        content=lambda wildcards: hash_contents(
            PLAN.list_legend_files(wildcards.region, wildcards.classes)
        ),
        code=hash_script("derive_class_factors"),
    message:
        "Take the classes of {wildcards.region} as factors: {wildcards.classes}"
    script:
        "../scripts/derive_class_factors.py"


rule derive_own_factors:
    input:
        layers=lambda wildcards: expand(
            "<results>/regions/{{region}}/layers/{layer}.tif",
            layer=PLAN.list_own(wildcards.region),
        ),
    output:
        factors="<results>/regions/{region}/factors/own.tif",
    log:
        "<logs>/derive_own_factors/{region}.log",
    benchmark:
        "<benchmarks>/derive_own_factors/{region}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        stated=lambda wildcards: Slice(describe_own(wildcards.region)),
        code=hash_script("derive_own_factors"),
    message:
        "Take rasters of your own of {wildcards.region} as factors"
    script:
        "../scripts/derive_own_factors.py"


rule draw_samples:
    input:
        dem=lambda wildcards: find_ground(wildcards.region),
        factors=lambda wildcards: list_factor_files(wildcards.region),
        inventory="<results>/regions/{region}/inventory.gpkg",
        surveyed=lambda wildcards: list_surveyed(wildcards.region),
    output:
        samples="<results>/regions/{region}/samples.parquet",
        background="<results>/regions/{region}/background.parquet",
    log:
        "<logs>/draw_samples/{region}.log",
    benchmark:
        "<benchmarks>/draw_samples/{region}.tsv"
    wildcard_constraints:
        region=any_of(PLAN.virtual + PLAN.real),
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        settings=config["samples"],
        seed=config["seed"],
        code=hash_script("draw_samples"),
    message:
        "Draw presences, absences and background cells of {wildcards.region}"
    script:
        "../scripts/draw_samples.py"


rule select_factors:
    input:
        samples=lambda wildcards: list_of_sources(wildcards.target, "samples.parquet"),
    output:
        selected="<results>/sources/{target}/factors_selected.json",
        screened=report(
            "<results>/sources/{target}/factors_screened.csv",
            caption="../report/screening.rst",
            category="6 Methods",
            subcategory="{target}",
            labels={"region": "{target}", "what": "Factors as the sources see them"},
        ),
    log:
        "<logs>/select_factors/{target}.log",
    benchmark:
        "<benchmarks>/select_factors/{target}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        left_out=lambda wildcards: PLAN.explain_left_out(wildcards.target),
        classes=lambda wildcards: list(PLAN.find_shared_legends(wildcards.target)),
        max_correlation=config["factors"]["max_correlation"],
        max_inflation=config["factors"]["max_inflation"],
        code=hash_script("select_factors"),
    message:
        "Select the factors that the sources of {wildcards.target} share and that do not repeat"
    script:
        "../scripts/select_factors.py"
