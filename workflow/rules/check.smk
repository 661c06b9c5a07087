"""The configuration of the study, checked before anything else: a sentence for every problem."""

from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from landshift.runtime.plain_text import make_plain
from landshift.study.checks import check_results, check_study
from landshift.study.library import add_library
from landshift.study.model import fill_defaults
from landshift.study.texts import check_file

DEFAULT_STUDY = "config/config.yaml"


def check_configuration():
    """Check the text of the configuration, then its keys, how they fit together, and its files."""
    for path in workflow.configfiles:
        check_file(path)
    add_library(config, say=logger.warning)
    study = check_study(config)
    check_results("results")
    fill_defaults(config, study)
    return study


def explain(check, *arguments):
    """Run a check; its sentences are all that is shown of what it finds."""
    try:
        return check(*arguments)
    except ValueError as error:
        raise WorkflowError(make_plain(str(error))) from None


# A configuration given on the command line replaces the default study instead of mixing with it.
if "regions" not in config:
    if Path(DEFAULT_STUDY).is_file():
        explain(check_file, DEFAULT_STUDY)

    configfile: DEFAULT_STUDY


STUDY = explain(check_configuration)
