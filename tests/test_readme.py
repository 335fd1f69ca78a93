"""README.md says what the study found and what the pipeline is."""

from tests.readme import README, block, diagram, results

TEXT = README.read_text(encoding="utf-8")


def test_the_result_table_is_that_of_the_metrics() -> None:
    assert block(TEXT, "results") == results(), "run `python -m tests.readme`"


def test_the_diagram_is_that_of_the_pipeline() -> None:
    assert block(TEXT, "dag") == diagram(), "run `python -m tests.readme`"
