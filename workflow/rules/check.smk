"""The configuration of the study, checked before anything else: a sentence for every problem."""

from pathlib import Path

import yaml
from jsonschema import Draft202012Validator
from snakemake.exceptions import WorkflowError
from snakemake.utils import validate

from landshift.study.checks import check_files, check_results, check_study
from landshift.study.schema_errors import explain_violations
from landshift.study.checks import find_repeated_keys, raise_problems

SCHEMA = Path(str(workflow.current_basedir)).parent / "schemas" / "config.schema.yaml"


def check_configuration():
    """Check the files of the configuration, then its keys, then how they fit together."""
    for path in workflow.configfiles:
        raise_problems(find_repeated_keys(yaml.compose(Path(path).read_text(encoding="utf-8"))))
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    raise_problems(explain_violations(Draft202012Validator(schema).iter_errors(config)))
    check_study(config)
    check_files(config)
    check_results("results")


try:
    check_configuration()
except ValueError as error:
    raise WorkflowError(str(error)) from None

# What is left to Snakemake is to fill in the defaults.
validate(config, str(SCHEMA))
