"""Landshift: landslide susceptibility where landslide data are few, from inventory to report."""

import sys
import time

from snakemake.utils import min_version

# Planning needs only Snakemake: the package is that of the checkout where none is installed.
sys.path.append(f"{workflow.current_basedir}/src")

from landshift.runtime.checkout import lead_jobs_here
from landshift.runtime.integrity import keep_checksums
from landshift.runtime.logs import list_failures
from landshift.runtime.plain_text import make_plain

STARTED = time.time()
lead_jobs_here()
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
    print(end=make_plain(keep_checksums(f"results/{config['study']}")))


onerror:
    results = f"results/{config['study']}"
    print(end=make_plain(keep_checksums(results)))
    failures = list_failures(results, since=STARTED) or [f"no job said why; see {results}/logs"]
    print("What went wrong; all that was finished is kept:", *failures, sep="\n  ")
