"""Rows of the table of ratings."""

from typing import Literal

from codepref.benchmarks.rows import Benchmark, Dimension, Wording
from codepref.records import Record

Status = Literal["rated", "refused", "unparsable", "out_of_range", "no_answer"]


class Rating(Record):
    """What a judge said of one completion, once.

    Attributes:
        rating_id: content id of start, completion_id, judge and pass_index.
        start: that the variant belongs to: "<model>-<start>".
        dimension: that the task asks for.
        judge: name of the model that judged.
        pass_index: position among the passes of this judge, from 0.
        status: "rated"; "refused" where it declined, "unparsable" where no rating could be read,
            "out_of_range" where it was not 1 to 10, "no_answer" where the endpoint gave none.
        rating: from 1 to 10; None unless rated.
        score: (rating - 1) / 9, as in Score.
        answer: the judge's words; for no answer the reason.
    """

    rating_id: str
    completion_id: str
    start: str
    variant: str
    benchmark: Benchmark
    task_id: str
    sample_index: int
    wording: Wording
    dimension: Dimension
    judge: str
    pass_index: int
    status: Status
    rating: int | None
    score: float | None
    answer: str
