"""The tiny model as a GGUF file, as llama.cpp's converter lays it out."""

import json
from pathlib import Path

import numpy as np
from gguf import GGUFWriter
from safetensors.numpy import load_file

NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}
HEADS = {"attn_q": 4, "attn_k": 2}


def make_tiny_gguf(weights: Path, file: Path) -> Path:
    """Write the model that tests.tiny_model made as float32 GGUF, with <|endoftext|> as its EOS."""
    writer = GGUFWriter(file, "llama")
    writer.add_name("Tiny")
    writer.add_context_length(1024)
    writer.add_embedding_length(64)
    writer.add_block_count(2)
    writer.add_feed_forward_length(128)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(384)
    _add_tokenizer(writer, weights)
    for name, value in load_file(weights / "model.safetensors").items():
        target = _name(name)
        writer.add_tensor(target, _permuted(target, value.astype(np.float32)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def _add_tokenizer(writer: GGUFWriter, weights: Path) -> None:
    model = json.loads((weights / "tokenizer.json").read_text())["model"]
    vocab = sorted(model["vocab"], key=model["vocab"].get)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(vocab)
    writer.add_token_types([3 if word.startswith("<|") else 1 for word in vocab])
    writer.add_token_merges([" ".join(pair) for pair in model["merges"]])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(0)
    writer.add_unk_token_id(0)
    writer.add_chat_template((weights / "chat_template.jinja").read_text())


def _name(name: str) -> str:
    if name == "model.embed_tokens.weight":
        return "token_embd.weight"
    if name == "model.norm.weight":
        return "output_norm.weight"
    _, _, layer, *middle, _ = name.split(".")
    return f"blk.{layer}.{NAMES['.'.join(middle)]}.weight"


def _permuted(name: str, value: np.ndarray) -> np.ndarray:
    """Queries and keys have their rotary halves interleaved in GGUF."""
    for part, heads in HEADS.items():
        if f".{part}." in name:
            rows = value.reshape(heads, 2, value.shape[0] // heads // 2, *value.shape[1:])
            return np.ascontiguousarray(rows.swapaxes(1, 2).reshape(value.shape))
    return value
