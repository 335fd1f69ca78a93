"""Write a finetuned start: its own weights, and the tokenizer of the start it comes from."""

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from peft import PeftModel
from transformers import PreTrainedModel

from codepref.checkpoints.manifest import (
    Manifest,
    Start,
    Template,
    read_contents,
    write_manifest,
)
from codepref.files import replacing

WEIGHTS = ".safetensors"
INDEX = ".safetensors.index.json"
CONFIG = "config.json"


def write_start(
    folder: Path,
    base: Start,
    model: PeftModel | PreTrainedModel | None,
    *,
    template: Template,
    source: str,
) -> Manifest:
    """Write weights, config, tokenizer and manifest of a start, and give the manifest.

    Args:
        folder: takes the files.
        base: the start that was trained.
        model: the trained model, an adapter of which is merged; None keeps the base's weights.
        template: how the new start is prompted.
        source: where the weights are from, on one line.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if model is None:
        for name in base.manifest.files:
            shutil.copyfile(base.weights / name, folder / name)
    else:
        write_weights(folder, base, _merged(model))
    manifest = Manifest(
        **read_contents(folder).model_dump(),
        model=base.manifest.model,
        start="finetuned",
        template=template,
        kind="finetuned",
        source=source,
        revision=None,
        licence=base.manifest.licence,
        parent_digest=base.manifest.digest,
    )
    write_manifest(folder, manifest)
    return manifest


def _merged(model: PeftModel | PreTrainedModel) -> PreTrainedModel:
    if not isinstance(model, PeftModel):
        return model
    merged: PreTrainedModel = model.merge_and_unload(safe_merge=True)
    return merged


def write_weights(folder: Path, base: Start, model: PreTrainedModel) -> None:
    """Write a checkpoint in hub layout: the model's weights, all other files the base's own.

    Of the config, which stays the base's, only the format of the numbers changes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in base.manifest.files:
        if not name.endswith((WEIGHTS, INDEX)):
            shutil.copyfile(base.weights / name, folder / name)
    with TemporaryDirectory() as temporary:
        model.save_pretrained(temporary)
        for path in sorted(Path(temporary).iterdir()):
            if path.name.endswith((WEIGHTS, INDEX)):
                with replacing(folder / path.name) as target:
                    shutil.copyfile(path, target)
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    config.pop("torch_dtype", None)
    config["dtype"] = str(model.dtype).removeprefix("torch.")
    with replacing(folder / CONFIG) as target:
        target.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
