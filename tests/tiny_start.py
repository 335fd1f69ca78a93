"""The tiny model as a start, pinned."""

from pathlib import Path

from codepref.checkpoints.manifest import Manifest, read_contents, write_manifest
from tests.tiny_model import make_tiny_model


def make_tiny_start(folder: Path) -> Path:
    """Write the model and its manifest, with the plain template."""
    make_tiny_model(folder)
    manifest = Manifest(
        **read_contents(folder).model_dump(),
        model="tiny",
        start="pretrained",
        template="plain",
        kind="wheel",
        source="a random Llama",
        revision=None,
        licence="MIT",
        parent_digest=None,
    )
    write_manifest(folder, manifest)
    return folder
