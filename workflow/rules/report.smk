"""Figures and pages that go into the report."""

from landshift.runtime.slices import Slice


rule plot_target_map:
    input:
        dem=lambda wildcards: find_ground(wildcards.target),
        susceptibility="<results>/targets/{target}/susceptibility.tif",
        classes="<results>/targets/{target}/classes.tif",
        samples="<results>/regions/{target}/samples.parquet",
        shots="<results>/targets/{target}/shots.parquet",
    output:
        figure=report(
            "<results>/report/{target}/susceptibility.png",
            caption="../report/target_map.rst",
            category="2 Maps",
            subcategory="{target}",
            labels={"region": "{target}", "what": "Susceptibility map"},
        ),
        class_figure=report(
            "<results>/report/{target}/classes.png",
            caption="../report/class_map.rst",
            category="2 Maps",
            subcategory="{target}",
            labels={"region": "{target}", "what": "Classes of susceptibility"},
        ),
    log:
        "<logs>/plot_target_map/{target}.log",
    benchmark:
        "<benchmarks>/plot_target_map/{target}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        code=hash_script("plot_target_map"),
    message:
        "Draw the map of {wildcards.target} over its relief"
    script:
        "../scripts/plot_target_map.py"


rule plot_prediction_rate:
    input:
        rate_curve="<results>/targets/{target}/rate_curve.csv",
    output:
        figure=report(
            "<results>/report/{target}/prediction_rate.png",
            caption="../report/prediction_rate.rst",
            category="3 Evidence",
            subcategory="{target}",
            labels={"region": "{target}", "what": "Prediction-rate curve"},
        ),
    log:
        "<logs>/plot_prediction_rate/{target}.log",
    benchmark:
        "<benchmarks>/plot_prediction_rate/{target}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=hash_script("plot_prediction_rate"),
    message:
        "Draw how many unseen landslides the map of {wildcards.target} finds"
    script:
        "../scripts/plot_prediction_rate.py"


rule plot_skill:
    input:
        skill="<results>/targets/{target}/skill.csv",
        curves="<results>/targets/{target}/skill_curves.csv",
    output:
        figure=report(
            "<results>/report/{target}/skill.png",
            caption="../report/skill.rst",
            category="3 Evidence",
            subcategory="{target}",
            labels={"region": "{target}", "what": "Compared with zero-shot and local-only"},
        ),
    log:
        "<logs>/plot_skill/{target}.log",
    benchmark:
        "<benchmarks>/plot_skill/{target}.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=hash_script("plot_skill"),
    message:
        "Compare the map of {wildcards.target} with zero-shot and local-only in a figure"
    script:
        "../scripts/plot_skill.py"


rule plot_transfer_curves:
    input:
        table="<results>/benchmark/transfer.parquet",
    output:
        figure=report(
            "<results>/report/transfer_curves.png",
            caption="../report/transfer_curves.rst",
            category="3 Evidence",
            subcategory="Transfer benchmark",
            labels={"what": "Accuracy against the number of landslides"},
        ),
    log:
        "<logs>/plot_transfer_curves.log",
    benchmark:
        "<benchmarks>/plot_transfer_curves.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        regime=choose_regime(),
        seed=config["seed"],
        code=hash_script("plot_transfer_curves"),
    message:
        "Draw what each landslide of a target adds, method by method"
    script:
        "../scripts/plot_transfer_curves.py"


rule plot_dominance:
    input:
        table="<results>/benchmark/transfer.parquet",
        dominance="<results>/benchmark/dominance.csv",
    output:
        figure=report(
            "<results>/report/dominance.png",
            caption="../report/dominance.rst",
            category="3 Evidence",
            subcategory="Transfer benchmark",
            labels={"what": "All methods at a glance"},
        ),
    log:
        "<logs>/plot_dominance.log",
    benchmark:
        "<benchmarks>/plot_dominance.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        regime=choose_regime(),
        seed=config["seed"],
        code=hash_script("plot_dominance"),
    message:
        "Draw all methods side by side"
    script:
        "../scripts/plot_dominance.py"


rule write_summary:
    input:
        figure=expand("<results>/report/{target}/susceptibility.png", target=TARGETS),
        model=list_of_targets("model"),
        skill=list_of_targets("skill.csv"),
        classes=list_of_targets("classes.csv"),
        drivers=list_of_targets("drivers.csv", PLAN.knows_sources),
        applicability=list_of_targets("applicability.tif", PLAN.knows_sources),
        priorities=list_of_targets("priorities.csv", config["priorities"]),
    output:
        page=report(
            "<results>/report/summary.html",
            caption="../report/study_summary.rst",
            category="1 Summary",
            labels={"what": "What the maps say, and how good they are"},
        ),
    log:
        "<logs>/write_summary.log",
    benchmark:
        "<benchmarks>/write_summary.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        study=config["study"],
        targets=TARGETS,
        code=hash_script("write_summary"),
    message:
        "Write the summary of the study"
    script:
        "../scripts/write_summary.py"


rule write_methods:
    output:
        page=report(
            "<results>/report/methods.html",
            caption="../report/methods.rst",
            category="6 Methods",
            labels={"what": "Methods"},
        ),
    log:
        "<logs>/write_methods.log",
    benchmark:
        "<benchmarks>/write_methods.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=500,
    params:
        methods=hash_methods(),
        code=hash_script("write_methods"),
    message:
        "Write down the methods"
    script:
        "../scripts/write_methods.py"


rule write_data:
    input:
        ledgers=expand("<results>/regions/{region}/layers.json", region=PLAN.real),
        inventories=list_of_regions(PLAN.virtual + PLAN.real, "inventory.gpkg"),
    output:
        page=report(
            "<results>/report/data.html",
            caption="../report/data.rst",
            category="7 Data and licences",
            labels={"what": "Data and licences"},
        ),
    log:
        "<logs>/write_data.log",
    benchmark:
        "<benchmarks>/write_data.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        read=PLAN.real,
        regions=PLAN.virtual + PLAN.real,
        library=PLAN.library,
        code=hash_script("write_data"),
    message:
        "Write down where the data came from"
    script:
        "../scripts/write_data.py"


rule write_configuration:
    output:
        page=report(
            "<results>/report/configuration.html",
            caption="../report/configuration.rst",
            category="8 Configuration",
            labels={"what": "Configuration of the study"},
        ),
    log:
        "<logs>/write_configuration.log",
    benchmark:
        "<benchmarks>/write_configuration.tsv"
    conda:
        "../../envs/landshift.yaml"
    threads: 1
    resources:
        mem_mb=500,
    params:
        configuration=Slice(config),
        code=hash_script("write_configuration"),
    message:
        "Write down the configuration that the study used"
    script:
        "../scripts/write_configuration.py"
