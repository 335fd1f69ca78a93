"""Start the engine that params.yaml names, once, when it is first needed."""

from importlib.util import find_spec
from types import TracebackType
from typing import Self

from codepref.checkpoints.manifest import Start
from codepref.errors import MissingError
from codepref.sampling.config import Backend, EngineConfig
from codepref.sampling.engine import Engine


class LazyEngines:
    """Holds at most one running engine. Frameworks are imported when it starts."""

    def __init__(self, config: EngineConfig) -> None:
        self.backend: Backend = choose_backend(config, has_vllm=find_spec("vllm") is not None)
        self.dtype: str = config.dtype
        self._config = config
        self._engine: Engine | None = None
        self._start: Start | None = None

    def get(self, start: Start) -> Engine:
        """Give the engine of a start; one that serves another start is closed first."""
        if self._engine is None or self._start != start:
            self.close()
            self._engine = self._open(start)
            self._start = start
        return self._engine

    def close(self) -> None:
        """Stop the engine, if one runs."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _open(self, start: Start) -> Engine:
        if self.backend == "vllm":
            from codepref.sampling.vllm_engine import VllmEngine

            return VllmEngine(self._config, start)
        from codepref.sampling.transformers_engine import TransformersEngine

        return TransformersEngine(self._config, start)


def choose_backend(config: EngineConfig, *, has_vllm: bool) -> Backend:
    """Resolve "auto": vllm where it is installed, else transformers.

    Raises:
        MissingError: vllm is named and not installed.
    """
    if config.backend == "auto":
        return "vllm" if has_vllm else "transformers"
    if config.backend == "vllm" and not has_vllm:
        raise MissingError(
            "engine.backend is vllm and it is not installed; run `make vllm`, or set "
            "engine.backend: transformers"
        )
    return config.backend
