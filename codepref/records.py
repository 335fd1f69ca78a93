"""What every row has: a content id first, and a digest of what defines it."""

import hashlib
import json
from collections.abc import Mapping, Sequence

from codepref.schema import Strict

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]


class Record(Strict):
    """One row of a table. Its first field is the row's id, unique in the table."""


def digest(value: Json) -> str:
    """SHA-256 of a value's canonical JSON: sorted keys, no spaces, UTF-8. 64 hex digits."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()


def content_id(*parts: Json) -> str:
    """Id of a row: the first 20 hex digits (80 bits) of the digest of what defines it."""
    return digest(parts)[:20]
