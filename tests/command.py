"""The command line, called in this process."""

import sys

import pytest

from lib import __main__ as command_line


def lib(*arguments):
    """The exit status of a command run in this process; sys.exit(sentence) is told as Python tells it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["lib", *map(str, arguments)])
        try:
            return command_line.main()
        except SystemExit as ended:
            if isinstance(ended.code, str):
                print(ended.code, file=sys.stderr)
                return 1
            return ended.code
