"""How a command says no: one clear line on standard error and the contract's exit code, never a traceback."""


class InputWrong(Exception):
    """The input is wrong (exit code 2). The message says what, where, what was expected, what to do."""

    exit_code = 2


class Refused(Exception):
    """It ran and was refused, or something does not hold (exit code 1). The message gives the reasons."""

    exit_code = 1
