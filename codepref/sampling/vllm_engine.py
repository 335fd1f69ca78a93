"""Generation with vLLM. The only importer of vllm.

vLLM reads part of its settings from the environment; what the user has set there is kept.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from codepref.checkpoints.manifest import Start
from codepref.checkpoints.prompts import Renderer, load_tokenizer
from codepref.sampling.config import EngineConfig
from codepref.sampling.encoding import encode_requests
from codepref.sampling.engine import Request, Sample, SamplingParams
from codepref.sampling.hardware import find_hardware
from codepref.sampling.placement import Placement, choose_placement


class VllmEngine:
    """Completes prompts with one vLLM engine in this process."""

    def __init__(self, config: EngineConfig, start: Start) -> None:
        placement = choose_placement(config, find_hardware())
        set_environment(config)
        import vllm

        self.name = f"vllm {vllm.__version__}"
        self._config = config
        self._weights = start.weights
        self._on_cuda = placement.device == "cuda"
        self._renderer = Renderer(load_tokenizer(start.weights), start.manifest.template)
        self._llm: Any = vllm.LLM(**engine_arguments(config, placement, start.weights))
        self._adapter: Path | None = None
        self._serving = start.weights
        self._lora: Any = None
        self._lora_numbers: dict[Path, int] = {}

    def load_adapter(self, adapter: Path | None) -> None:
        """Serve the start with this adapter from now on, or without any.

        On a CPU LoRA requests are several times slower than plain ones, so the adapter is merged
        in float32 and the running engine's weights are replaced; so they are by a checkpoint.
        """
        from codepref.sampling.adapters import is_adapter

        if adapter == self._adapter:
            return
        if adapter is None or (self._on_cuda and is_adapter(adapter)):
            self._reload(self._weights)
            self._lora = self._lora_request(adapter)
        else:
            self._lora = None
            self._reload_merged(adapter)
        self._adapter = adapter

    def sample(
        self, requests: Sequence[Request], params: SamplingParams
    ) -> Iterator[tuple[str, Sample]]:
        """Give each request's key and sample as soon as it is finished.

        Raises:
            DataError: a prompt leaves no room for max_new_tokens; nothing was sampled.
        """
        ids = encode_requests(requests, params, self._renderer, self._config.max_model_len)
        engine = self._llm.llm_engine
        under_way = {request.key for request in requests}
        try:
            for request in requests:
                prompt = {"prompt_token_ids": ids[request.key]}
                drawing = _sampling_params(params, request.seed)
                engine.add_request(request.key, prompt, drawing, lora_request=self._lora)
            while engine.has_unfinished_requests():
                for output in engine.step():
                    under_way.discard(output.request_id)
                    yield output.request_id, self._to_sample(output.outputs[0])
        finally:
            if under_way:
                engine.abort_request(sorted(under_way))

    def close(self) -> None:
        """Free memory."""
        self._llm.llm_engine.engine_core.shutdown()
        del self._llm

    def _to_sample(self, output: Any) -> Sample:
        return Sample(
            completion=output.text,
            finish_reason="length" if output.finish_reason == "length" else "stop",
            n_tokens=len(output.token_ids),
            logprob_sum=output.cumulative_logprob,
            engine=self.name,
        )

    def _lora_request(self, adapter: Path | None) -> Any:
        if adapter is None:
            return None
        from vllm.lora.request import LoRARequest

        number = self._lora_numbers.setdefault(adapter, len(self._lora_numbers) + 1)
        return LoRARequest(str(adapter), number, str(adapter))

    def _reload_merged(self, adapter: Path) -> None:
        from codepref.sampling.adapters import load_merged

        with tempfile.TemporaryDirectory(prefix="codepref-merged-") as name:
            load_merged(self._weights, adapter, torch.float32).save_pretrained(name)
            self._reload(Path(name))

    def _reload(self, weights: Path) -> None:
        if weights == self._serving:
            return
        self._serving = weights
        self._llm.collective_rpc("reload_weights", kwargs={"weights_path": str(weights)})
        self._llm.reset_prefix_cache()


def set_environment(config: EngineConfig) -> None:
    """Let vLLM use every core that this process may use, in this process; tell no one."""
    cores = ",".join(map(str, sorted(os.sched_getaffinity(0))))
    settings = {
        "VLLM_CPU_OMP_THREADS_BIND": cores,
        "VLLM_CPU_NUM_OF_RESERVED_CPU": "0",
        "VLLM_CPU_KVCACHE_SPACE": str(config.cpu_cache_gib),
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
        "VLLM_LOGGING_LEVEL": "WARNING",
        "VLLM_NO_USAGE_STATS": "1",
    }
    for name, value in settings.items():
        os.environ.setdefault(name, value)


def engine_arguments(config: EngineConfig, placement: Placement, weights: Path) -> dict[str, Any]:
    """Arguments of vllm.LLM.

    On a CPU a request with a seed of its own fails if its prompt is read in parts, so prompts are
    read whole there.
    """
    arguments: dict[str, Any] = {
        "model": str(weights),
        "dtype": placement.dtype,
        "enforce_eager": config.eager,
        "max_model_len": config.max_model_len,
        "max_num_seqs": config.max_batch,
        "max_num_batched_tokens": max(config.max_prefill_tokens, config.max_model_len),
        "seed": 0,
        "disable_log_stats": True,
    }
    if placement.device == "cuda":
        lora = {"enable_lora": True, "max_lora_rank": config.max_lora_rank}
        return {**arguments, **lora, "gpu_memory_utilization": config.gpu_memory}
    return {**arguments, "enable_chunked_prefill": False}


def _sampling_params(params: SamplingParams, seed: int) -> Any:
    from vllm import SamplingParams as VllmParams
    from vllm.sampling_params import RequestOutputKind

    return VllmParams(
        temperature=params.temperature,
        top_p=params.top_p,
        max_tokens=params.max_new_tokens,
        stop=list(params.stop),
        include_stop_str_in_output=True,
        seed=None if params.temperature == 0 else seed,
        logprobs=0,
        output_kind=RequestOutputKind.FINAL_ONLY,
    )
