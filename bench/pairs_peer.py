"""Pairs by pandas and datasketch, all in memory: what bench/pairs.py compares with."""

import re
import sys
from pathlib import Path

import pandas as pd
from datasketch import MinHash, MinHashLSH

PERMUTATIONS = 256
JACCARD = 0.7
FAILED = ["failed", "error", "syntax_error"]


def main(folder: Path) -> None:
    """Join, label, draw one pair of each instruction, drop near-duplicate instructions, write."""
    joined = pd.read_parquet(folder / "r").merge(pd.read_parquet(folder / "e"), on="response_id")
    joined = joined[joined.finish_reason == "stop"]
    shuffled = joined.sample(frac=1.0, random_state=0)
    chosen = shuffled[shuffled.verdict == "passed"].drop_duplicates("instruction_id")
    rejected = shuffled[shuffled.verdict.isin(FAILED)].drop_duplicates("instruction_id")
    pairs = chosen.merge(rejected, on="instruction_id", suffixes=("_chosen", "_rejected"))
    texts = pd.read_parquet(folder / "i").set_index("instruction_id").text
    kept = keep_distinct({name: texts[name] for name in sorted(pairs.instruction_id)})
    pairs[pairs.instruction_id.isin(kept)].to_parquet(folder / "peer")


def keep_distinct(texts: dict[str, str]) -> set[str]:
    """Give the ids whose text no earlier one is near."""
    index = MinHashLSH(threshold=JACCARD, num_perm=PERMUTATIONS)
    kept = set()
    for name, text in texts.items():
        words = re.findall(r"\w+", text.lower())
        minhash = MinHash(num_perm=PERMUTATIONS)
        minhash.update_batch(
            [" ".join(words[i : i + 5]).encode() for i in range(max(1, len(words) - 4))]
        )
        if not index.query(minhash):
            kept.add(name)
            index.insert(name, minhash)
    return kept


if __name__ == "__main__":
    main(Path(sys.argv[1]))
