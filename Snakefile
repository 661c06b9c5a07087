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


# A configuration given on the command line replaces the default study instead of mixing with it.
if "regions" not in config:

    configfile: "config/config.yaml"


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
        list_maps(),
        list_scores(),
        list_benchmark(),
        list_figures(),
        list_published(),


rule maps:
    input:
        list_maps(),


rule benchmark:
    input:
        list_benchmark(),


rule site:
    input:
        lambda wildcards: list_site(),


onsuccess:
    print(end=keep_checksums(f"results/{config['study']}"))


onerror:
    print(end=keep_checksums(f"results/{config['study']}"))
    print("What went wrong; all that was finished is kept:", *list_failures(log), sep="\n  ")
