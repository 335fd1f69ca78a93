"""Answers that share their prompt in one row."""

from pathlib import Path

import pytest
import torch
from transformers import LlamaForCausalLM

from codepref.alignment.device import choose_device
from codepref.alignment.logps import answer_logps, pair_logps
from codepref.alignment.models import load_model
from codepref.alignment.packing import pack
from codepref.alignment.rows import Row
from tests.tiny_model import make_tiny_model

PAIR = Row("a", prompt=[10, 11, 12], answers=[[20, 21], [30]])
OTHER = Row("b", prompt=[40], answers=[[50], [60, 61, 62]])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> LlamaForCausalLM:
    folder = make_tiny_model(tmp_path_factory.mktemp("tiny"))
    return load_model(Path(folder), "float32", choose_device("cpu"))


def alone(model: LlamaForCausalLM, prompt: list[int], answer: list[int]) -> float:
    """Log-probability of one answer behind its prompt, from the logits of that text alone."""
    ids = torch.tensor([prompt + answer])
    with torch.no_grad():
        logps = model(input_ids=ids).logits[0, :-1].log_softmax(-1)
    return float(sum(logps[len(prompt) - 1 + i, token] for i, token in enumerate(answer)))


def test_a_row_holds_its_prompt_once_and_positions_go_on_from_it() -> None:
    batch = pack([PAIR])
    assert batch["input_ids"].tolist() == [[10, 11, 12, 20, 21, 30]]
    assert batch["position_ids"].tolist() == [[0, 1, 2, 3, 4, 3]]


def test_an_answer_sees_the_prompt_and_itself_only() -> None:
    rejected = pack([PAIR])["attention_mask"][0, 0, 5]
    assert rejected.tolist() == [True, True, True, False, False, True]


def test_logits_are_asked_for_only_where_an_answer_token_is_predicted() -> None:
    """The last prompt token predicts both first tokens, the token 20 predicts 21."""
    batch = pack([PAIR])
    assert batch["keep"].tolist() == [2, 3]
    assert batch["at"].tolist() == [0, 1, 0]
    assert batch["labels"].tolist() == [20, 21, 30]


def test_packed_log_probabilities_are_those_of_each_text_alone(model: LlamaForCausalLM) -> None:
    with torch.no_grad():
        packed = answer_logps(model, pack([PAIR, OTHER]), 4).logps
    expected = [alone(model, row.prompt, a) for row in (PAIR, OTHER) for a in row.answers]
    assert packed.tolist() == pytest.approx(expected, abs=1e-4)


def test_the_two_sides_come_back_in_order(model: LlamaForCausalLM) -> None:
    with torch.no_grad():
        sides = pair_logps(answer_logps(model, pack([PAIR, OTHER]), 4))
    assert sides.chosen.tolist() == pytest.approx(
        [alone(model, row.prompt, row.answers[0]) for row in (PAIR, OTHER)], abs=1e-4
    )


def test_gradients_are_those_of_each_text_alone(model: LlamaForCausalLM) -> None:
    weight = model.model.layers[0].self_attn.q_proj.weight
    answer_logps(model, pack([PAIR]), 2).logps[1].backward()
    assert weight.grad is not None
    packed, weight.grad = weight.grad.clone(), None
    only = Row("c", PAIR.prompt, [PAIR.answers[1]])
    answer_logps(model, pack([only]), 1).logps[0].backward()
    torch.testing.assert_close(packed, weight.grad, rtol=1e-4, atol=1e-6)
    model.zero_grad()


def test_entropy_is_the_mean_over_the_answers_tokens(model: LlamaForCausalLM) -> None:
    entropies = []
    for answer in PAIR.answers:
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([PAIR.prompt + answer])).logits[0, :-1]
        entropies += torch.distributions.Categorical(logits=logits[2:]).entropy().tolist()
    found = answer_logps(model, pack([PAIR]), 2).entropy
    assert found.item() == pytest.approx(sum(entropies) / 3, abs=1e-4)
    assert not found.requires_grad


def test_an_empty_prompt_is_refused() -> None:
    with pytest.raises(ValueError, match="each with a prompt"):
        pack([Row("d", [], [[1]])])
