"""Write a LoRA adapter: same weights, same bytes, no paths."""

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from peft import PeftModel, get_peft_model
from transformers import PreTrainedModel, set_seed

from codepref.alignment.config import LoraParams
from codepref.alignment.models import lora_config
from codepref.files import replacing, sha256_file
from codepref.records import digest

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"


def fresh_adapter(model: PreTrainedModel, params: LoraParams, *, seed: int) -> PeftModel:
    """Put an adapter that changes nothing around a model: A random by seed, B zero."""
    set_seed(seed)
    adapted: PeftModel = get_peft_model(model, lora_config(params))
    return adapted


def write_adapter(folder: Path, model: PeftModel, base: str) -> str:
    """Write the adapter's weights and settings, and give the digest of both files.

    Args:
        folder: takes the two files; whatever else it holds stays.
        model: the adapted model.
        base: what to name the base model by, in place of the path it was loaded from.
    """
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
