"""What a rule's script gives its `main`: everything by the name that it has in the rule."""

import inspect
from collections.abc import Callable
from typing import Any


def call_main(main: Callable[..., None], job: Any, **further: Any) -> None:
    """Call the main function of a script with the files, parameters and wildcards of its rule.

    Parameters
    ----------
    main
        Its keyword arguments are found by name among the outputs, the inputs, the parameters and
        the wildcards of the rule; of several files or values it gets a list.
    job
        The object ``snakemake`` of the script.
    further
        Arguments that the rule has under another name, or not at all.

    Raises
    ------
    TypeError
        If the rule has nothing of the name of an argument, or two things.
    """
    kinds = [dict(kind.items()) for kind in (job.output, job.input, job.params, job.wildcards)]
    for name in inspect.signature(main).parameters.keys() - further.keys():
        found = [kind[name] for kind in kinds if name in kind]
        if len(found) != 1:
            raise TypeError(f"{main.__module__}: the rule has {len(found)} things named {name!r}")
        further[name] = list(found[0]) if isinstance(found[0], list | tuple) else found[0]
    main(**further)
