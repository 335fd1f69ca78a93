"""A hit, to be copied with what a test is about."""

from codepref.contamination.rows import Hit

HIT = Hit(
    hit_id="h",
    kind="instruction",
    row_id="r",
    instruction_id="i",
    benchmark="humaneval",
    task_id="HumanEval/0",
    method="ngram",
    score=1.0,
    removes=True,
    row_text="",
    task_text="",
)
