from pathlib import Path

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from codepref.checkpoints.manifest import Manifest, Start, read_contents
from codepref.errors import DataError
from codepref.sampling.config import EngineConfig
from codepref.sampling.engine import Request, Sample, SamplingParams
from codepref.sampling.transformers_engine import TransformersEngine
from tests.tiny_adapter import make_tiny_adapter
from tests.tiny_model import make_tiny_model

CONFIG = EngineConfig(
    backend="transformers",
    device="cpu",
    dtype="float32",
    max_model_len=256,
    max_batch=8,
    max_prefill_tokens=256,
    eager=True,
    cpu_cache_gib=1,
    gpu_memory=0.5,
    max_lora_rank=8,
)
SAMPLED = SamplingParams(temperature=1, top_p=0.9, max_new_tokens=12, stop=[])
GREEDY = SamplingParams(temperature=0, top_p=1, max_new_tokens=12, stop=[])
REQUESTS = [
    Request(key=f"{i}/{j}", prompt=f"def f{'x' * 5 * i}(a):", sample_index=j, seed=10 * i + j)
    for i in range(3)
    for j in range(3)
]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Start:
    weights = make_tiny_model(tmp_path_factory.mktemp("tiny"))
    manifest = Manifest(
        **read_contents(weights).model_dump(),
        model="tiny",
        start="pretrained",
        template="plain",
        kind="local",
        source="tiny",
        revision=None,
        licence="MIT",
        parent_digest=None,
    )
    return Start(manifest=manifest, weights=weights)


@pytest.fixture(scope="module")
def engine(start: Start) -> TransformersEngine:
    return TransformersEngine(CONFIG, start)


def _sample(
    engine: TransformersEngine, params: SamplingParams, requests: list[Request] = REQUESTS
) -> dict[str, Sample]:
    return dict(engine.sample(requests, params))


@pytest.mark.parametrize("max_batch", [1, 2, 9])
def test_a_rows_sample_does_not_depend_on_its_batch(
    engine: TransformersEngine, start: Start, max_batch: int
) -> None:
    other = TransformersEngine(CONFIG.model_copy(update={"max_batch": max_batch}), start)
    expected = {key: sample.completion for key, sample in _sample(engine, SAMPLED).items()}
    assert {k: s.completion for k, s in _sample(other, SAMPLED).items()} == expected


def test_a_rows_sample_does_not_depend_on_the_other_rows(engine: TransformersEngine) -> None:
    expected = {key: sample.completion for key, sample in _sample(engine, SAMPLED).items()}
    some = _sample(engine, SAMPLED, REQUESTS[::2])
    assert {key: s.completion for key, s in some.items()} == {key: expected[key] for key in some}


def test_samples_of_one_prompt_differ_by_their_seeds(engine: TransformersEngine) -> None:
    samples = _sample(engine, SAMPLED)
    assert len({samples[f"0/{j}"].completion for j in range(3)}) == 3


def test_greedy_completions_are_those_of_generate(engine: TransformersEngine, start: Start) -> None:
    model = AutoModelForCausalLM.from_pretrained(start.weights)
    tokenizer = engine._renderer.tokenizer
    samples = _sample(engine, GREEDY)
    for request in REQUESTS[::3]:
        ids = torch.tensor([engine._renderer.encode_prompt(request.prompt)])
        mask = torch.ones_like(ids)
        out = model.generate(ids, attention_mask=mask, max_new_tokens=12, do_sample=False)
        expected = tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)
        assert samples[request.key].completion == expected


def test_the_log_probability_sum_is_that_of_the_tokens_under_the_model(
    engine: TransformersEngine, start: Start
) -> None:
    """Greedy ASCII text re-encodes to its own tokens, so one forward pass scores it."""
    sample = _sample(engine, GREEDY)["0/0"]
    renderer = engine._renderer
    prompt = renderer.encode_prompt(REQUESTS[0].prompt)
    ids = torch.tensor([[*prompt, *renderer.encode_completion(sample.completion)]])
    assert ids.shape[1] == len(prompt) + sample.n_tokens
    with torch.inference_mode():
        logits = AutoModelForCausalLM.from_pretrained(start.weights)(ids).logits[0]
    logps = logits.log_softmax(-1)[:-1].gather(-1, ids[0, 1:, None])[len(prompt) - 1 :]
    assert sample.logprob_sum == pytest.approx(logps.sum().item(), abs=1e-3)


def test_a_completion_ends_with_its_stop_string(engine: TransformersEngine) -> None:
    whole = _sample(engine, SAMPLED)["1/1"]
    assert whole.finish_reason == "length"
    assert whole.n_tokens == 12
    stop = whole.completion[4:6]
    end = whole.completion.index(stop) + len(stop)
    stopped = _sample(engine, SAMPLED.model_copy(update={"stop": [stop]}))["1/1"]
    assert stopped.finish_reason == "stop"
    assert stopped.completion == whole.completion[:end]
    assert stopped.n_tokens < whole.n_tokens


def test_the_models_end_token_ends_a_completion_and_is_not_part_of_it(
    engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = _sample(engine, GREEDY)["0/0"]
    first = engine._renderer.encode_completion(whole.completion)[0]
    monkeypatch.setattr(engine, "_ends", {first})
    ended = _sample(engine, GREEDY)["0/0"]
    assert (ended.finish_reason, ended.n_tokens) == ("stop", 1)


def test_a_prompt_without_room_for_an_answer_is_named_and_nothing_is_sampled(
    engine: TransformersEngine,
) -> None:
    long = Request(key="long", prompt="word " * 300, sample_index=0, seed=0)
    with pytest.raises(DataError, match=r"1 of 10 prompts are longer than 244 tokens.*long \("):
        next(engine.sample([*REQUESTS, long], SAMPLED))


def test_an_adapter_changes_the_text_and_leaves_with_it(start: Start, tmp_path: Path) -> None:
    base = AutoModelForCausalLM.from_pretrained(start.weights)
    adapted = PeftModel.from_pretrained(base, str(make_tiny_adapter(start.weights, tmp_path)))
    engine = TransformersEngine(CONFIG, start)
    before = _sample(engine, GREEDY)
    engine.load_adapter(tmp_path)
    during = _sample(engine, GREEDY)
    engine.load_adapter(None)
    assert _sample(engine, GREEDY) == before

    ids = torch.tensor([engine._renderer.encode_prompt(REQUESTS[0].prompt)])
    out = adapted.generate(
        input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=12, do_sample=False
    )
    expected = engine._renderer.tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)
    assert during["0/0"].completion == expected
    assert during["0/0"].logprob_sum != before["0/0"].logprob_sum


def test_a_folder_that_holds_no_adapter_is_named(start: Start, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no adapter here"):
        TransformersEngine(CONFIG, start).load_adapter(tmp_path)
