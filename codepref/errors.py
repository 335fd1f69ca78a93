"""Exceptions of this package, each with the exit code a command ends with.

CodePrefError
├── CheckFailed                       1  a check that was asked for did not hold
├── DataError (ValueError)            1  a record or file is wrong
├── ConfigError (ValueError)          2  params.yaml or a command line is wrong
├── MissingError (RuntimeError)       3  this machine lacks a file, a package, room on disk
└── SandboxError (RuntimeError)       3  the harness failed; nothing is known of the program
"""


class CodePrefError(Exception):
    """Root of every error raised on purpose here."""

    exit_code = 1


class CheckFailed(CodePrefError):
    """A check that was asked for did not hold."""


class DataError(CodePrefError, ValueError):
    """A record is malformed, or contradicts another file."""


class ConfigError(CodePrefError, ValueError):
    """A section of params.yaml is absent or breaks its schema."""

    exit_code = 2


class MissingError(CodePrefError, RuntimeError):
    """This machine lacks something that the work needs."""

    exit_code = 3


class SandboxError(CodePrefError, RuntimeError):
    """The harness failed, so the program under test has no verdict."""

    exit_code = 3
