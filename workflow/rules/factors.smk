"""From layers to conditioning factors, and from factors to tables of samples."""


rule derive_terrain_factors:
    input:
        dem="<results>/regions/{region}/layers/dem.tif",
    output:
        factors="<results>/regions/{region}/factors/terrain.tif",
    log:
        "<logs>/derive_terrain_factors/{region}.log",
    benchmark:
        "<benchmarks>/derive_terrain_factors/{region}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: take_cores(workflow.cores)
    resources:
        mem_mb=2000,  # 1.1 GB with 2 cores on 4096 x 4096 cells
    params:
        code=fingerprint("terrain"),
    message:
        "Derive slope, curvature and relief of {wildcards.region}"
    script:
        "../scripts/derive_terrain_factors.py"


rule derive_drainage_factors:
    input:
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
        code=fingerprint("drainage"),
    message:
        "Route water over {wildcards.region}"
    script:
        "../scripts/derive_drainage_factors.py"


rule derive_proximity_factors:
    input:
        dem="<results>/regions/{region}/layers/dem.tif",
        lines=lambda wildcards: expand(
            "<results>/regions/{{region}}/layers/{line}.gpkg", line=list_lines(wildcards.region)
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
        code=fingerprint("proximity"),
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
        code=fingerprint("stability"),
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
        code=fingerprint("surface"),
    message:
        "Derive vegetation, moisture and bare soil of {wildcards.region}"
    script:
        "../scripts/derive_surface_factors.py"


rule derive_climate_factors:
    input:
        layers=lambda wildcards: expand(
            "<results>/regions/{{region}}/layers/{layer}.tif", layer=list_climate(wildcards.region)
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
        code=fingerprint("factors", "raster"),
    message:
        "Take the rainfall of {wildcards.region} as a factor"
    script:
        "../scripts/derive_climate_factors.py"


rule derive_own_factors:
    input:
        layers=lambda wildcards: expand(
            "<results>/regions/{{region}}/layers/{layer}.tif", layer=list_own(wildcards.region)
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
        stated=lambda wildcards: describe_own(wildcards.region),
        code=fingerprint("factors", "raster"),
    message:
        "Take rasters of your own of {wildcards.region} as factors"
    script:
        "../scripts/derive_own_factors.py"


rule draw_samples:
    input:
        dem="<results>/regions/{region}/layers/dem.tif",
        factors=lambda wildcards: list_factor_files(wildcards.region),
        inventory="<results>/regions/{region}/inventory.gpkg",
    output:
        samples="<results>/regions/{region}/samples.parquet",
        background="<results>/regions/{region}/background.parquet",
    log:
        "<logs>/draw_samples/{region}.log",
    benchmark:
        "<benchmarks>/draw_samples/{region}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        settings=config["samples"],
        seed=config["seed"],
        code=fingerprint("sampling", "inventory"),
    message:
        "Draw presences, absences and background cells of {wildcards.region}"
    script:
        "../scripts/draw_samples.py"


rule select_factors:
    input:
        samples=lambda wildcards: list_tables(sources_of(config, wildcards.target), "samples"),
    output:
        selected="<results>/sources/{target}/factors_selected.json",
    log:
        "<logs>/select_factors/{target}.log",
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        left_out=lambda wildcards: explain_left_out(wildcards.target),
        max_correlation=config["factors"]["max_correlation"],
        code=fingerprint("selection"),
    message:
        "Select the factors that the sources of {wildcards.target} share and that do not repeat"
    script:
        "../scripts/select_factors.py"
