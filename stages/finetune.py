"""Stage finetune: a start's own passing responses make the finetuned start. CPU minutes, or a GPU.

Without a passing response the new start has the weights of the old one and its own template.
"""

import logging
from collections import Counter
from contextlib import nullcontext
from itertools import chain
from pathlib import Path

from codepref.alignment.arguments import Run
from codepref.alignment.checkpoints import training_folder
from codepref.alignment.config import FinetuneConfig
from codepref.alignment.curve import LIKELIHOOD_COLUMNS, write_curve
from codepref.alignment.imitation import select_responses
from codepref.alignment.models import load_model
from codepref.alignment.processes import Processes, join_processes
from codepref.alignment.rows import Encoder, Row
from codepref.alignment.starts import write_start
from codepref.alignment.summary import count_tokens, summarise_steps
from codepref.alignment.training import Trained, train_likelihood
from codepref.checkpoints.manifest import Start, read_start
from codepref.checkpoints.prompts import Renderer, load_tokenizer
from codepref.command import run_stage
from codepref.config import load_section
from codepref.contamination.rows import Hit, removed_by
from codepref.files import write_json
from codepref.lineage.tracking import live_run
from codepref.pairs.eligibility import EligibilityConfig, Executed, count_labels, label
from codepref.pairs.executed import read_executed
from codepref.pairs.split import SplitConfig, split_of
from codepref.records import Json, content_id
from codepref.selfalign.rows import Instruction, instruction_texts
from codepref.tables import read_table

logger = logging.getLogger(__name__)


def main(  # noqa: PLR0913  # one flag for each path of the stage
    base: Path,
    instructions: Path,
    responses: Path,
    executions: Path,
    contamination: Path,
    start: Path,
    metrics: Path,
    curve: Path,
) -> None:
    """Read a start with its executed responses, write the new start, its curve and metrics."""
    config = load_section("finetune", FinetuneConfig)
    split = load_section("split", SplitConfig)
    opened = read_start(base)
    eligibility = load_section("eligibility", EligibilityConfig)
    removed = removed_by(read_table(contamination, Hit))
    labels = Counter[str]()
    passing: list[Executed] = []
    for item in chain.from_iterable(read_executed(responses, executions)):
        name = label(item, (), removed, eligibility)
        labels[name] += 1
        passing += [item] if name == "chosen" else []
    to_train = [e for e in passing if split_of(e.instruction_id, split) == "train"]
    selection = select_responses(to_train, per_instruction=config.per_instruction, seed=config.seed)
    texts = instruction_texts(read_table(instructions, Instruction))
    renderer = Renderer(load_tokenizer(opened.weights), config.template)
    encoder = Encoder(renderer, texts, opened.manifest.digest, config.max_length)
    fitting = encoder.responses(selection.responses)
    rows = fitting.rows
    processes = join_processes(config.device)
    n_answers = sum(len(row.answers) for row in rows)
    source = f"fine-tuned on {n_answers} passing responses of its own"
    if rows:
        key = content_id("finetune", config.model_dump(), opened.manifest.digest, _content(rows))
        with training_folder(key, is_main=processes.is_main) as folder:
            trained = _train(opened, rows, config, renderer, processes, folder)
            if trained is None:
                return
            made = write_start(
                start, opened, trained.model, template=config.template, source=source
            )
        steps = trained.steps
    elif not processes.is_main:
        return
    else:
        logger.warning(
            "%s: no passing response to train on; %s has the same weights with template %s",
            responses,
            start,
            config.template,
        )
        made, steps = write_start(start, opened, None, template=config.template, source=source), []
    write_curve(curve, LIKELIHOOD_COLUMNS, steps)
    counts: dict[str, Json] = {
        "n_instructions": len(rows),
        "n_responses": n_answers,
        "responses": count_labels(labels, ()),
        "responses_dropped": {
            "same_program": selection.n_same_program,
            "over_limit": selection.n_over_limit,
            "held_out": len(passing) - len(to_train),
        },
        "instructions_dropped": {"too_long": fitting.n_too_long},
        "tokens_per_epoch": count_tokens(rows),
    }
    digests = {"start_digest": made.digest, "parent_digest": opened.manifest.digest}
    write_json(
        metrics,
        {"stage": "finetune", **counts, **digests, **summarise_steps(LIKELIHOOD_COLUMNS, steps)},
    )


def _train(
    base: Start,
    rows: list[Row],
    config: FinetuneConfig,
    renderer: Renderer,
    processes: Processes,
    folder: Path,
) -> Trained | None:
    tags = {"stage": "finetune", "start": f"{base.manifest.model}-finetuned"}
    tags["parent_digest"] = base.manifest.digest
    name = f"{base.manifest.model}/finetune"
    opened = live_run(name, tags, config.model_dump()) if processes.is_main else nullcontext()
    with opened as live:
        run = Run(
            model=load_model(base.weights, config.dtype, processes.device),
            tokenizer=renderer.tokenizer,
            forward=config,
            loop=config,
            lora=config.lora if config.mode == "lora" else None,
            learning_rate=config.learning_rate,
            max_grad_norm=config.max_grad_norm,
            seed=config.seed,
            processes=processes,
            folder=folder,
            live=live,
        )
        return train_likelihood(run, rows)


def _content(rows: list[Row]) -> list[Json]:
    return [[row.prompt, row.answers] for row in rows]


if __name__ == "__main__":
    run_stage(main)
