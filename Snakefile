"""Landshift: landslide susceptibility where landslide data are few, from inventory to report."""

import os
import sys

from snakemake.utils import min_version

# To plan takes Snakemake alone, and jobs of conda environments get the package by PYTHONPATH.
SOURCE = os.path.join(str(workflow.current_basedir), "src")
sys.path.append(SOURCE)
if SOURCE not in (stated := os.environ.get("PYTHONPATH", "").split(os.pathsep)):
    os.environ["PYTHONPATH"] = os.pathsep.join([SOURCE, *filter(None, stated)])

from landshift.runtime.integrity import keep_checksums
from landshift.runtime.logs import list_failures

min_version("9.20")


include: "workflow/rules/check.smk"


report: "workflow/report/workflow.rst"


pathvars:
    results=f"results/{config['study']}",
    logs=f"results/{config['study']}/logs",
    benchmarks=f"results/{config['study']}/benchmarks",


for (
    part
) in "common acquire factors transfer maps understand priorities evaluate report publish".split():

    include: f"workflow/rules/{part}.smk"


rule all:
    default_target: True
    input:
        below_results(outputs.list_outputs(PLAN)),


rule maps:
    input:
        below_results(outputs.list_maps(PLAN)),


rule benchmark:
    input:
        below_results(outputs.list_benchmark(PLAN)),


rule site:
    input:
        lambda wildcards: list_site(),


onsuccess:
    print(end=keep_checksums(f"results/{config['study']}"))


onerror:
    print(end=keep_checksums(f"results/{config['study']}"))
    print("What went wrong; all that was finished is kept:", *list_failures(log), sep="\n  ")
