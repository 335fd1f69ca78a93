"""The axes of the study: section `grid` of params.yaml."""

from typing import Literal

from codepref.schema import Strict

Start = Literal["pretrained", "finetuned"]


class Grid(Strict):
    """What is compared. Every cell is enumerated from these lists, never from files found."""

    models: list[str]
    starts: list[Start]
    methods: list[str]
    seeds: list[int]
    benchmarks: list[str]
    sft_models: list[str]
