"""Texts against the texts of tasks: exact runs of words, and near matches."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import NamedTuple

import numpy as np
from rensa import RMinHash, RMinHashLSH

from codepref.benchmarks.rows import Task
from codepref.contamination.config import MinhashConfig, NgramConfig
from codepref.contamination.matches import Match, excerpt
from codepref.contamination.passages import passages
from codepref.contamination.windows import Packed, Windows, hash_of, pack
from codepref.seeds.duplicates import similarity

WORD = re.compile(r"\w+")
# What is between words, where a text is ASCII: there a translation is several times as fast.
BETWEEN = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}
NUM_PERM = 256
NUM_BANDS = 128  # bands of 2: a pair of similarity 0.15 is found with probability 0.946, of 0.25
# with 0.9997
MINHASH_SEED = 42


class Passage(NamedTuple):
    """One text of one task, with its runs of words."""

    task: int
    text: str
    runs: frozenset[str]


class RunIndex:
    """Exact runs of words (GPT-3, Brown et al. 2020, arXiv 2005.14165, appendix C: of 13)."""

    def __init__(self, tasks: Sequence[Task], config: NgramConfig) -> None:
        self._config = config
        found = [
            Passage(index, text, frozenset(runs(words(text), config.words)))
            for index, task in enumerate(tasks)
            for text in (*passages(task).requests, passages(task).solution)
        ]
        common = _common(tasks, found, config.max_tasks)
        self._passages = [one._replace(runs=one.runs - common) for one in found]
        self._by_run: dict[str, list[int]] = {}
        for place, one in enumerate(self._passages):
            for run in sorted(one.runs):
                self._by_run.setdefault(run, []).append(place)

    @property
    def known(self) -> Iterable[str]:
        """Every run that is looked for."""
        return self._by_run

    def matches(self, text: str) -> list[Match]:
        """Score the larger of two shares: of the task's runs that the text holds, and the reverse.

        So a short task inside a long text scores 1, and a part of a long task that is all of the
        text does.
        """
        own = runs(words(text), self._config.words)
        shared = Counter(place for run in own for place in self._by_run.get(run, ()))
        scores = {
            place: n / min(len(own), len(self._passages[place].runs)) for place, n in shared.items()
        }
        return [
            Match(
                self._passages[place].task,
                "ngram",
                scores[place],
                _around(text, self._passages[place].runs, self._config.words),
                _around(self._passages[place].text, own, self._config.words),
            )
            for place in _best(self._passages, scores, self._config.reported)
        ]


class NearIndex:
    """Near matches: MinHash finds candidates, exact Jaccard similarity of shingles decides."""

    def __init__(self, tasks: Sequence[Task], config: MinhashConfig) -> None:
        self._config = config
        found = [
            Passage(index, text, frozenset(runs(words(text), config.words)))
            for index, task in enumerate(tasks)
            for text in passages(task).requests
        ]
        self._common = _common(tasks, found, config.max_tasks)
        others = [one._replace(runs=one.runs - self._common) for one in found]
        self._passages = [one for one in others if len(one.runs) >= config.min_shingles]
        self.fewest_shared = config.reported * config.min_shingles
        self._lsh = RMinHashLSH(config.reported, NUM_PERM, NUM_BANDS)
        for place, signature in enumerate(_signatures([one.runs for one in self._passages])):
            self._lsh.insert(place, signature)

    @property
    def known(self) -> Iterable[str]:
        """Every shingle of a task."""
        return {run for one in self._passages for run in one.runs}

    def matches(self, texts: Sequence[str], n_shared: Sequence[int]) -> list[list[Match]]:
        """Give for each text the tasks it is near to.

        Args:
            texts: to look at.
            n_shared: distinct shingles of each that any task has. A similarity of s needs a share
                of at least s of a text's own, so most texts need no signature.
        """
        own = [runs(words(text), self._config.words) - self._common for text in texts]
        near = [
            place
            for place, shingles in enumerate(own)
            if len(shingles) >= self._config.min_shingles
            and n_shared[place] >= self._config.reported * len(shingles)
        ]
        found: list[list[Match]] = [[] for _ in texts]
        for place, signature in zip(near, _signatures([own[place] for place in near]), strict=True):
            found[place] = self._near(texts[place], own[place], self._lsh.query(signature))
        return found

    def _near(self, text: str, own: Set[str], candidates: Iterable[int]) -> list[Match]:
        scores = {place: similarity(own, self._passages[place].runs) for place in candidates}
        return [
            Match(
                self._passages[place].task,
                "minhash",
                scores[place],
                excerpt(text),
                excerpt(self._passages[place].text),
            )
            for place in _best(self._passages, scores, self._config.reported)
        ]


class TextIndex:
    """Both methods in one pass over the words of many texts."""

    def __init__(self, tasks: Sequence[Task], ngram: NgramConfig, minhash: MinhashConfig) -> None:
        self._runs, self._near = RunIndex(tasks, ngram), NearIndex(tasks, minhash)
        self._vocabulary: dict[str, int] = {}
        self._known_runs = self._windows(self._runs.known, ngram.words)
        self._known_shingles = self._windows(self._near.known, minhash.words)

    def matches(self, texts: Sequence[str]) -> list[list[Match]]:
        """Give for each text what it shares with which task."""
        number = self._vocabulary.get
        # A word of no task is 0 and breaks every run, as the end of a text does.
        packed = pack([[number(word, 0) for word in words(text)] for text in texts])
        found: list[list[Match]] = [[] for _ in texts]
        for place in np.unique(self._known_runs.find(packed).document).tolist():
            found[place] += self._runs.matches(texts[place])
        shared = self._shared_shingles(packed, len(texts))
        some = np.flatnonzero(shared >= max(self._near.fewest_shared, 1)).tolist()
        near = self._near.matches([texts[place] for place in some], shared[some].tolist())
        for place, matches in zip(some, near, strict=True):
            found[place] += matches
        return found

    def _windows(self, known: Iterable[str], width: int) -> Windows:
        hashes = []
        for run in sorted(known):
            numbers = [
                self._vocabulary.setdefault(word, len(self._vocabulary) + 1)
                for word in run.split(" ")
            ]
            hashes.append(hash_of(numbers))
        return Windows(hashes, width)

    def _shared_shingles(
        self, packed: Packed, n_texts: int
    ) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
        found = self._known_shingles.find(packed)
        pairs = np.unique(np.stack([found.document.astype(np.uint64), found.hashes]), axis=1)
        return np.bincount(pairs[0].astype(np.int64), minlength=n_texts)


def words(text: str) -> list[str]:
    """Split a text into words, lower case."""
    if text.isascii():
        return text.lower().translate(BETWEEN).split()
    return WORD.findall(text.lower())


def runs(some: Sequence[str], width: int) -> set[str]:
    """Every `width` words in a row, each run as one text."""
    return {" ".join(some[first : first + width]) for first in range(len(some) - width + 1)}


def _common(tasks: Sequence[Task], found: Sequence[Passage], max_tasks: int) -> set[str]:
    """Runs that `max_tasks` tasks of one benchmark share."""
    pairs = {
        (run, tasks[one.task].benchmark, tasks[one.task].task_id)
        for one in found
        for run in one.runs
    }
    counts = Counter((run, benchmark) for run, benchmark, _ in pairs)
    return {run for (run, _), n in counts.items() if n >= max_tasks}


def _best(passages: Sequence[Passage], scores: Mapping[int, float], reported: float) -> list[int]:
    """Give the best passage of each task that reaches the bound, in order of task."""
    best: dict[int, int] = {}
    for place in sorted(scores, key=lambda place: (-scores[place], place)):
        if scores[place] >= reported:
            best.setdefault(passages[place].task, place)
    return [best[task] for task in sorted(best)]


def _signatures(shingles: Sequence[Set[str]]) -> list[RMinHash]:
    found: list[RMinHash] = RMinHash.from_token_sets(map(sorted, shingles), NUM_PERM, MINHASH_SEED)
    return found


def _around(text: str, known: Set[str], width: int) -> str:
    """Cut a text around the first stretch of known runs."""
    spans = [found.span() for found in WORD.finditer(text)]
    some = [text[start:end].lower() for start, end in spans]
    hits = [
        first
        for first in range(len(some) - width + 1)
        if " ".join(some[first : first + width]) in known
    ]
    if not hits:  # a letter whose lower case is two
        return excerpt(text)
    last = hits[0]
    while last + 1 in set(hits):
        last += 1
    return excerpt(text, spans[hits[0]][0], spans[last + width - 1][1])
