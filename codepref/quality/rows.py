"""Rows of the table of code quality."""

from codepref.records import Record


class Quality(Record):
    """What tools say of one program, without running it.

    All but parses is None if it does not, and each measure where its tool cannot read the program.

    Attributes:
        completion_id: whose program.
        lines: of source, without blank lines and comments (radon).
        complexity: largest cyclomatic complexity of its functions and methods; 1 without any
            (radon; McCabe 1976).
        maintainability: index in [0, 100], higher is better (radon).
        lint: findings of ruff's rules in LINT_RULES.
        security: findings of bandit of medium or high severity.
        documented: share of public functions, methods and classes with a docstring; None for none.
        annotated: share of parameters and returns with a type; None for none.
    """

    completion_id: str
    parses: bool
    lines: int | None
    complexity: int | None
    maintainability: float | None
    lint: int | None
    security: int | None
    documented: float | None
    annotated: float | None
