"""Generation with transformers: one forward pass a token, rows leave the batch as they finish.

A row's tokens depend on its prompt and seed alone, up to rounding in the batched matrix products:
each row draws from a generator of its own, so neither its neighbours nor a resumed run change it.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
import transformers
from torch import Tensor
from transformers import DynamicCache

from codepref.checkpoints.manifest import Start
from codepref.checkpoints.prompts import Renderer, load_tokenizer
from codepref.sampling.adapters import load_merged
from codepref.sampling.config import EngineConfig
from codepref.sampling.drawing import draw_tokens
from codepref.sampling.encoding import cut_at_stop, encode_requests
from codepref.sampling.engine import Request, Sample, SamplingParams
from codepref.sampling.hardware import find_hardware
from codepref.sampling.placement import choose_placement

BYTES_PER_CHARACTER = 4  # at most, in UTF-8; a token holds at least one byte


class TransformersEngine:
    """Completes prompts with one transformers model."""

    def __init__(self, config: EngineConfig, start: Start) -> None:
        self.name = f"transformers {transformers.__version__}"
        self._config = config
        self._weights = start.weights
        self._renderer = Renderer(load_tokenizer(start.weights), start.manifest.template)
        placement = choose_placement(config, find_hardware())
        self._device = torch.device(placement.device)
        self._dtype = getattr(torch, placement.dtype)
        self._adapter: Path | None = None
        self._load(None)

    def load_adapter(self, adapter: Path | None) -> None:
        """Serve the start with this adapter merged into it, or without any."""
        if adapter != self._adapter:
            self._load(adapter)
            self._adapter = adapter

    def sample(
        self, requests: Sequence[Request], params: SamplingParams
    ) -> Iterator[tuple[str, Sample]]:
        """Give each request's key and sample as soon as it is finished, short prompts first.

        Raises:
            DataError: a prompt leaves no room for max_new_tokens; nothing was sampled.
        """
        ids = encode_requests(requests, params, self._renderer, self._config.max_model_len)
        ordered = sorted(requests, key=lambda r: (len(ids[r.key]), r.prompt, r.key))
        for first in range(0, len(ordered), self._config.max_batch):
            batch = ordered[first : first + self._config.max_batch]
            yield from self._sample_batch([_Row(r, ids[r.key]) for r in batch], params)

    def close(self) -> None:
        """Free memory."""
        del self._model
        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    def _load(self, adapter: Path | None) -> None:
        self._model = load_merged(self._weights, adapter, self._dtype)
        torch.nn.Module.to(self._model, self._device)
        ends = self._model.generation_config.eos_token_id
        ends = ends if isinstance(ends, list) else [ends]
        self._ends = {*ends, self._renderer.tokenizer.eos_token_id} - {None}

    @torch.inference_mode()
    def _prefill(self, rows: Sequence["_Row"]) -> "_State":
        """Run each distinct prompt once, and share its keys and values among its rows."""
        prompts = list(dict.fromkeys(tuple(row.prompt_ids) for row in rows))
        width = max(map(len, prompts))
        ids = torch.tensor([[0] * (width - len(p)) + list(p) for p in prompts])
        mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts])
        ids, mask = ids.to(self._device), mask.to(self._device)
        cache = DynamicCache(config=self._model.config)
        logits = self._model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=(mask.cumsum(-1) - 1).clamp(min=0),
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits[:, -1]
        places = {prompt: place for place, prompt in enumerate(prompts)}
        chosen = torch.tensor([places[tuple(row.prompt_ids)] for row in rows], device=self._device)
        return _State(logits, mask, cache).select(chosen)

    @torch.inference_mode()
    def _advance(self, state: "_State", tokens: Tensor) -> "_State":
        """Append one token to each row and score the next."""
        mask = torch.cat([state.mask, torch.ones_like(state.mask[:, :1])], -1)
        logits = self._model(
            input_ids=tokens[:, None],
            attention_mask=mask,
            position_ids=mask.sum(-1, keepdim=True) - 1,
            past_key_values=state.cache,
            use_cache=True,
        ).logits[:, -1]
        return _State(logits, mask, state.cache)

    def _sample_batch(
        self, rows: list["_Row"], params: SamplingParams
    ) -> Iterator[tuple[str, Sample]]:
        state = self._prefill(rows)
        while True:
            uniforms = torch.tensor([row.uniform() for row in rows], dtype=torch.float64)
            draw = draw_tokens(state.logits, uniforms, params.temperature, params.top_p)
            going = []
            drawn = zip(rows, draw.tokens.tolist(), draw.logps.tolist(), strict=True)
            for place, (row, token, logp) in enumerate(drawn):
                row.add(token, logp)
                sample = self._finish(row, params)
                if sample is None:
                    going.append(place)
                else:
                    yield row.request.key, sample
            if not going:
                return
            tokens = draw.tokens
            if len(going) < len(rows):
                kept = torch.tensor(going, device=self._device)
                rows = [rows[place] for place in going]
                state, tokens = state.select(kept), tokens[kept]
            state = self._advance(state, tokens)

    def _finish(self, row: "_Row", params: SamplingParams) -> Sample | None:
        """Give the row's sample if its last token ended it."""
        text = None
        if row.ids[-1] in self._ends:
            text = self._decode(row.ids)
        elif params.stop:
            longest = max(map(len, params.stop)) * BYTES_PER_CHARACTER
            if cut_at_stop(self._decode(row.ids[-longest:]), params.stop) is not None:
                text = cut_at_stop(self._decode(row.ids), params.stop)
        if text is None and len(row.ids) < params.max_new_tokens:
            return None
        return Sample(
            completion=self._decode(row.ids) if text is None else text,
            finish_reason="length" if text is None else "stop",
            n_tokens=len(row.ids),
            logprob_sum=row.logprob_sum,
            engine=self.name,
        )

    def _decode(self, ids: list[int]) -> str:
        return str(self._renderer.tokenizer.decode(ids, skip_special_tokens=True))


class _Row:
    """One completion under way, with a generator of its own."""

    def __init__(self, request: Request, prompt_ids: list[int]) -> None:
        self.request = request
        self.prompt_ids = prompt_ids
        self.ids: list[int] = []
        self.logprob_sum = 0.0
        self._generator = torch.Generator().manual_seed(request.seed)

    def uniform(self) -> float:
        """Draw from [0, 1)."""
        return torch.rand((), generator=self._generator, dtype=torch.float64).item()

    def add(self, token: int, logp: float) -> None:
        self.ids.append(token)
        self.logprob_sum += logp


class _State(NamedTuple):
    """Scores of the next token (rows, vocabulary), attention mask (rows, length), keys, values."""

    logits: Tensor
    mask: Tensor
    cache: DynamicCache

    def select(self, rows: Tensor) -> "_State":
        """Keep these rows, repeated where an index is."""
        self.cache.batch_select_indices(rows)
        return _State(self.logits[rows], self.mask[rows], self.cache)
