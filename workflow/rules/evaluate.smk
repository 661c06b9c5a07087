"""How good a map is, and how much the transfer gains over what people do today."""


rule evaluate_target:
    input:
        susceptibility="<results>/targets/{target}/susceptibility.tif",
        dem=lambda wildcards: find_ground(wildcards.target),
        samples="<results>/regions/{target}/samples.parquet",
        shots="<results>/targets/{target}/shots.parquet",
        validation=lambda wildcards: list_validation(wildcards.target),
    output:
        rate_curve="<results>/targets/{target}/rate_curve.csv",
    log:
        "<logs>/evaluate_target/{target}.log",
    benchmark:
        "<benchmarks>/evaluate_target/{target}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        known=lambda wildcards: find_known_places(wildcards.target),
        code=hash_script("evaluate_target"),
    message:
        "Score the map of {wildcards.target} on landslides it has not seen"
    script:
        "../scripts/evaluate_target.py"


rule evaluate_skill:
    input:
        model="<results>/targets/{target}/model",
        factors=lambda wildcards: list_factor_files(wildcards.target),
        dem=lambda wildcards: find_ground(wildcards.target),
        samples="<results>/regions/{target}/samples.parquet",
        shots="<results>/targets/{target}/shots.parquet",
        validation=lambda wildcards: list_validation(wildcards.target),
        background="<results>/regions/{target}/background.parquet",
        surveyed=lambda wildcards: list_surveyed(wildcards.target),
    output:
        skill=report(
            "<results>/targets/{target}/skill.csv",
            caption="../report/skill.rst",
            category="3 Evidence",
            subcategory="{target}",
            labels={"region": "{target}", "what": "Compared with zero-shot and local-only, table"},
        ),
        curves="<results>/targets/{target}/skill_curves.csv",
    log:
        "<logs>/evaluate_skill/{target}.log",
    benchmark:
        "<benchmarks>/evaluate_skill/{target}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        block_size=config["maps"]["block_size"],
        pseudo_absences=config["transfer"]["background_cells"],
        known=lambda wildcards: find_known_places(wildcards.target),
        code=hash_script("evaluate_skill"),
    message:
        "Compare the map of {wildcards.target} with zero-shot and local-only on unseen landslides"
    script:
        "../scripts/evaluate_skill.py"


rule evaluate_truth:
    input:
        models=lambda wildcards: list_source_models(wildcards.target),
        samples=lambda wildcards: list_of_sources(wildcards.target, "samples.parquet"),
        background_sources=lambda wildcards: list_of_sources(wildcards.target, "background.parquet"),
        shots="<results>/targets/{target}/shots.parquet",
        background="<results>/regions/{target}/background.parquet",
        factors=lambda wildcards: list_factor_files(wildcards.target),
        susceptibility="<results>/targets/{target}/susceptibility.tif",
        true_probability="<results>/regions/{target}/layers/true_probability.tif",
    output:
        truth=report(
            "<results>/targets/{target}/truth.csv",
            caption="../report/truth.rst",
            category="3 Evidence",
            subcategory="{target}",
            labels={"region": "{target}", "what": "Scores against the truth"},
        ),
    log:
        "<logs>/evaluate_truth/{target}.log",
    benchmark:
        "<benchmarks>/evaluate_truth/{target}.tsv"
    wildcard_constraints:
        target=any_of(PLAN.virtual),
    conda:
        "../../envs/landshift.yaml"
    threads: 2
    resources:
        mem_mb=4000,
    params:
        own=lambda wildcards: PLAN.choose_target_factors(
            wildcards.target, PLAN.explain_left_out(wildcards.target)
        ),
        seed=config["seed"],
        code=hash_script("evaluate_truth"),
    message:
        "Score the maps of {wildcards.target} against the true probability of failure"
    script:
        "../scripts/evaluate_truth.py"


rule evaluate_similarity:
    input:
        background="<results>/regions/{target}/background.parquet",
        sources=lambda wildcards: list_of_sources(wildcards.target, "background.parquet"),
        selected="<results>/sources/{target}/factors_selected.json",
    output:
        similarity=report(
            "<results>/sources/{target}/similarity.csv",
            caption="../report/similarity.rst",
            category="6 Methods",
            subcategory="{target}",
            labels={"region": "{target}", "what": "Distance to the sources"},
        ),
    log:
        "<logs>/evaluate_similarity/{target}.log",
    benchmark:
        "<benchmarks>/evaluate_similarity/{target}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=hash_script("evaluate_similarity"),
    message:
        "Measure how far {wildcards.target} is from its sources"
    script:
        "../scripts/evaluate_similarity.py"


rule evaluate_class_coverage:
    input:
        model="<results>/targets/{target}/model",
        factors=lambda wildcards: list_factor_files(wildcards.target),
    output:
        table=report(
            "<results>/targets/{target}/classes_seen.csv",
            caption="../report/classes_seen.rst",
            category="2 Maps",
            subcategory="{target}",
            labels={"region": "{target}", "what": "Classes seen in training"},
        ),
        summary="<results>/targets/{target}/unseen_classes.json",
    log:
        "<logs>/evaluate_class_coverage/{target}.log",
    benchmark:
        "<benchmarks>/evaluate_class_coverage/{target}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        block_size=config["maps"]["block_size"],
        code=hash_script("evaluate_class_coverage"),
    message:
        "Measure how much of {wildcards.target} has classes that training has not seen"
    script:
        "../scripts/evaluate_class_coverage.py"


rule run_transfer_benchmark:
    input:
        models=lambda wildcards: list_source_models(wildcards.target),
        samples=lambda wildcards: (
            list_of_regions([wildcards.target], "samples.parquet")
            + list_of_sources(wildcards.target, "samples.parquet")
        ),
        background=lambda wildcards: (
            list_of_regions([wildcards.target], "background.parquet")
            + list_of_sources(wildcards.target, "background.parquet")
        ),
    output:
        scores="<results>/benchmark/{target}/{group}.parquet",
    log:
        "<logs>/run_transfer_benchmark/{target}/{group}.log",
    benchmark:
        "<benchmarks>/run_transfer_benchmark/{target}/{group}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        regions=lambda wildcards: PLAN.regions_of(wildcards.target),
        settings=choose_draws(),
        left_out=lambda wildcards: list(PLAN.explain_left_out(wildcards.target)),
        own=lambda wildcards: PLAN.choose_target_factors(
            wildcards.target, PLAN.explain_left_out(wildcards.target)
        ),
        seed=config["seed"],
        code=hash_script("run_transfer_benchmark"),
    message:
        "Measure the methods of the group {wildcards.group} on draws of shots from {wildcards.target}"
    script:
        "../scripts/run_transfer_benchmark.py"


rule gather_transfer_benchmark:
    input:
        scores=list_transfer_scores(),
    output:
        table="<results>/benchmark/transfer.parquet",
        text="<results>/benchmark/transfer.csv",
        summary=report(
            "<results>/benchmark/summary.csv",
            caption="../report/summary.rst",
            category="3 Evidence",
            subcategory="Transfer benchmark",
            labels={"what": "Mean scores, table"},
        ),
        dominance=report(
            "<results>/benchmark/dominance.csv",
            caption="../report/dominance.rst",
            category="3 Evidence",
            subcategory="Transfer benchmark",
            labels={"what": "Gains, losses and regret of every method, table"},
        ),
    log:
        "<logs>/gather_transfer_benchmark.log",
    benchmark:
        "<benchmarks>/gather_transfer_benchmark.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        seed=config["seed"],
        code=hash_script("gather_transfer_benchmark"),
    message:
        "Gather the scores of all targets"
    script:
        "../scripts/gather_transfer_benchmark.py"
