"""Progress of long work: a bar on a terminal, plain lines elsewhere."""

import logging
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

SECONDS_PER_LINE = 10.0
logger = logging.getLogger(__name__)

ItemT = TypeVar("ItemT")


def track(items: Iterable[ItemT], *, total: int, what: str) -> Iterator[ItemT]:
    """Pass items on and show done, total, rate and time left."""
    if sys.stderr.isatty():
        yield from tqdm(items, total=total, desc=what, unit="row")
        return
    start = last = time.monotonic()
    for done, item in enumerate(items, start=1):
        yield item
        now = time.monotonic()
        if now - last >= SECONDS_PER_LINE or done == total:
            last = now
            rate = done / max(now - start, 1e-9)
            left = (total - done) / rate
            logger.info("%s: %d of %d, %.1f rows/s, %.0f s left", what, done, total, rate, left)
