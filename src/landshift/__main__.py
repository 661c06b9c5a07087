"""The command ``landshift``: questions to finished studies.

landshift site STUDY LONGITUDE LATITUDE   what a study says of one place
landshift diff BEFORE AFTER               what changed between two result folders
"""

import sys
from collections.abc import Sequence
from importlib import import_module

from landshift.kernels import drop_stale_kernels

COMMANDS = ("site", "diff")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command with the given words, or those of the command line; 0 is success."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help"):
        print(__doc__.strip())
        return 0 if words else 2
    if words[0] not in COMMANDS:
        print(
            f"landshift: no command {words[0]!r}; there are {', '.join(COMMANDS)}", file=sys.stderr
        )
        return 2
    drop_stale_kernels()
    # only what is asked for is imported
    return import_module(f"landshift.commands.{words[0]}").main(words[1:])


if __name__ == "__main__":
    sys.exit(main())
