"""Stage sample_responses: n answers of one start to each instruction. GPU, or minutes of CPU."""

from functools import partial
from pathlib import Path

from codepref.checkpoints.manifest import read_start
from codepref.checkpoints.prompts import Renderer, load_tokenizer
from codepref.command import run_stage
from codepref.config import load_section
from codepref.files import write_json
from codepref.ledger import Ledger
from codepref.sampling.config import EngineConfig
from codepref.sampling.engine import sample_through_ledger
from codepref.sampling.responses import (
    SampleResponsesConfig,
    count_responses,
    requests_for_solutions,
    requests_for_tests,
    to_response,
)
from codepref.sampling.rows import Response
from codepref.sampling.source import LazyEngines
from codepref.selfalign.fewshots import FewShot, draw_shots, load_fewshots, require_shots
from codepref.selfalign.rows import Instruction
from codepref.tables import read_table, write_table
from codepref.workspace import state_dir


def main(start: Path, instructions: Path, fewshots: Path, responses: Path, metrics: Path) -> None:
    """Sample solutions, then tests for those whose instruction has none, and count them."""
    config = load_section("sample_responses", SampleResponsesConfig)
    rows = read_table(instructions, Instruction)
    pinned = read_start(start)
    renderer = Renderer(load_tokenizer(pinned.weights), pinned.manifest.template)
    shots = load_fewshots(fewshots)
    require_shots(shots, config.shots, "sample_responses")

    def drawn(row: Instruction) -> list[FewShot]:
        return draw_shots(
            shots, config.shots, seed=config.seed, row_id=row.instruction_id, step="response"
        )

    requests = requests_for_solutions(
        rows, config, lambda row: renderer.prompt(row.text, [shot.solved() for shot in drawn(row)])
    )
    without_tests = requests_for_solutions(
        [row for row in rows if not row.tests],
        config,
        lambda row: renderer.prompt(row.text, [shot.tested() for shot in drawn(row)]),
    )
    ledger = Ledger(state_dir() / "samples.sqlite")
    with LazyEngines(load_section("engine", EngineConfig)) as engines:
        draw = partial(
            sample_through_ledger,
            model_digest=pinned.manifest.digest,
            start=pinned,
            adapter=None,
            engines=engines,
            ledger=ledger,
        )
        solutions = draw(requests, config.solution_params())
        asked = requests_for_tests(without_tests, solutions, config, renderer.test_prompt)
        tests = draw(asked, config.test_params())
    sampled = [
        to_response(
            request, solutions[request.key], tests.get(request.key), config, pinned.manifest
        )
        for request in requests
    ]
    write_table(responses, sampled, Response)
    write_json(metrics, count_responses(sampled))


if __name__ == "__main__":
    run_stage(main)
