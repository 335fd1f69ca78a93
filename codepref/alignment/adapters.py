"""Write what was trained, an adapter or all weights: same weights, same bytes, no paths."""

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from peft import PeftModel
from transformers import PreTrainedModel

from codepref.alignment.starts import write_weights
from codepref.checkpoints.manifest import Start
from codepref.files import replacing, sha256_file
from codepref.records import digest

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"


def write_trained(folder: Path, model: PeftModel | PreTrainedModel, base: Start) -> str:
    """Write an adapter, or all weights of a model that has none, and give the files' digest.

    Args:
        folder: takes the files; whatever else it holds stays.
        model: what was trained.
        base: the start it was trained from.
    """
    if isinstance(model, PeftModel):
        return _write_adapter(folder, model, base.manifest.digest)
    write_weights(folder, base, model)
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    return digest({name: sha256_file(folder / name) for name in names})


def _write_adapter(folder: Path, model: PeftModel, base: str) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as temporary:
        model.save_pretrained(temporary)
        settings = json.loads((Path(temporary) / CONFIG).read_text(encoding="utf-8"))
        settings["base_model_name_or_path"] = base
        with replacing(folder / WEIGHTS) as target:
            shutil.copyfile(Path(temporary) / WEIGHTS, target)
    text = json.dumps(_sorted_lists(settings), indent=2, sort_keys=True) + "\n"
    with replacing(folder / CONFIG) as target:
        target.write_text(text, encoding="utf-8")
    return digest({name: sha256_file(folder / name) for name in (CONFIG, WEIGHTS)})


def _sorted_lists(value: object) -> object:
    """Order every list: peft writes sets as lists in the order of their hashes."""
    if isinstance(value, dict):
        return {key: _sorted_lists(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted((_sorted_lists(item) for item in value), key=str)
    return value
