"""Source files to seeds: every function that is turned away is kept with the rule that did it."""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from codepref.contamination.matcher import Matcher
from codepref.errors import DataError
from codepref.records import content_id
from codepref.seeds.config import GatherSeedsConfig, Rules
from codepref.seeds.duplicates import near_duplicates
from codepref.seeds.functions import Function, find_functions
from codepref.seeds.inference import infer_imports
from codepref.seeds.rows import RejectedSeed, Seed
from codepref.seeds.rules import first_failure
from codepref.seeds.sources import FILE_RULES, SourceFile, UnusableFile
from codepref.seeds.typecheck import TypeFault

ALWAYS_ON = (*FILE_RULES, "syntax_error", "exact_duplicate")
UNCHECKED = ("type_check_timeout", "type_check_crash")
OVER_LIMIT = "over_limit"
REASONS = (*ALWAYS_ON, *Rules.model_fields, *UNCHECKED, OVER_LIMIT)

CheckTypes = Callable[[Mapping[str, str]], Mapping[str, TypeFault]]


@dataclass(frozen=True)
class Gathered:
    """Seeds and rejects in order of id.

    Attributes:
        files: files that were looked at, unusable ones included.
        functions: top-level functions found in them.
        survivors: functions that passed every rule, before `limit`.
        inferred: seeds with an import that their module does not have.
    """

    seeds: list[Seed]
    rejects: list[RejectedSeed]
    files: int
    functions: int
    survivors: int
    inferred: int

    def metrics(self) -> dict[str, int | dict[str, int]]:
        """Give the funnel: what went in, what each rule took (zeros too), what came out."""
        rules = Counter(dict.fromkeys(REASONS, 0))
        rules.update(reject.rule for reject in self.rejects)
        return {
            "files": self.files,
            "functions": self.functions,
            "rejected": dict(rules),
            "survivors": self.survivors,
            "seeds": len(self.seeds),
            "inferred_imports": self.inferred,
            "modules": len({name for seed in self.seeds for name in seed.imports}),
        }


def gather_seeds(
    files: Iterable[SourceFile | UnusableFile],
    matcher: Matcher,
    config: GatherSeedsConfig,
    check_types: CheckTypes,
) -> Gathered:
    """Keep the functions that pass every rule; the first rule that fails names the reject.

    `check_types` gives the faults of codes by their ids; it is asked once, for all that the
    cheaper rules leave.

    The result does not depend on the order of files, except that of exact duplicates the one
    whose source and path come first is kept.

    Raises:
        DataError: no seed is left; the message gives the funnel.
    """
    rejects: list[RejectedSeed] = []
    functions: list[Function] = []
    n_files = 0
    for file in files:
        n_files += 1
        functions += _functions_of(file, rejects)
    functions.sort(key=lambda item: (item.file.source, item.file.path, item.node.lineno))
    kept = list(_sieve_each(functions, matcher, config, rejects))
    kept = _without_copies(kept, rejects)
    if config.rules.type_error:
        kept = _sieve_types(kept, check_types, rejects)
    if config.rules.near_duplicate:
        kept = _sieve_near_duplicates(kept, config, rejects)
    sampled = _sample(kept, config, rejects)
    gathered = Gathered(
        seeds=sorted(map(_seed, sampled), key=lambda seed: seed.seed_id),
        rejects=sorted(rejects, key=lambda reject: reject.seed_id),
        files=n_files,
        functions=len(functions),
        survivors=len(kept),
        inferred=sum(bool(function.inferred) for function in sampled),
    )
    if not gathered.seeds:
        raise DataError(_no_seeds(gathered))
    return gathered


def _functions_of(
    file: SourceFile | UnusableFile, rejects: list[RejectedSeed]
) -> Iterator[Function]:
    if isinstance(file, UnusableFile):
        rejects.append(_rejected_file(file, file.rule, file.detail))
        return
    try:
        yield from find_functions(file)
    except SyntaxError as error:
        rejects.append(_rejected_file(file, "syntax_error", str(error)))


def _sieve_each(
    functions: Iterable[Function],
    matcher: Matcher,
    config: GatherSeedsConfig,
    rejects: list[RejectedSeed],
) -> Iterator[Function]:
    for found in functions:
        function = _with_inferred(found, config)
        failure = first_failure(function, config)
        if failure is None and config.rules.benchmark_overlap:
            matches = matcher.code(function.text)
            failure = ("benchmark_overlap", matcher.describe(matches[0])) if matches else None
        if failure is None:
            yield function
        else:
            rejects.append(_rejected(function, *failure))


def _with_inferred(function: Function, config: GatherSeedsConfig) -> Function:
    """Add the imports that its unknown names suggest; its text stays as it is."""
    if not config.infer_imports or not function.inferable:
        return function
    return replace(function, inferred=infer_imports(function.inferable, config.infer_timeout_s))


def _without_copies(functions: Iterable[Function], rejects: list[RejectedSeed]) -> list[Function]:
    first: dict[str, Function] = {}
    for function in functions:
        known = first.setdefault(function.seed_id, function)
        if known is not function:
            rejects.append(_rejected(function, "exact_duplicate", f"of {known.file.path}"))
    return list(first.values())


def _sieve_types(
    functions: list[Function], check_types: CheckTypes, rejects: list[RejectedSeed]
) -> list[Function]:
    faults = check_types({function.seed_id: function.code for function in functions})
    for function in functions:
        fault = faults.get(function.seed_id)
        if fault is not None:
            rejects.append(_rejected(function, fault.rule, fault.detail))
    return [function for function in functions if function.seed_id not in faults]


def _sieve_near_duplicates(
    functions: list[Function], config: GatherSeedsConfig, rejects: list[RejectedSeed]
) -> list[Function]:
    texts = {function.seed_id: function.text for function in functions}
    repeats = near_duplicates(texts, config.near_duplicate_jaccard)
    for function in functions:
        if function.seed_id in repeats:
            detail = f"of {repeats[function.seed_id]}"
            rejects.append(_rejected(function, "near_duplicate", detail))
    return [function for function in functions if function.seed_id not in repeats]


def _sample(
    functions: list[Function], config: GatherSeedsConfig, rejects: list[RejectedSeed]
) -> list[Function]:
    """Take the functions with the smallest draws; another function does not change a draw.

    The draw's name keeps it apart from later draws by the same seed and id: a sample of small
    numbers would bias what they choose.
    """
    if not config.limit:
        return functions
    draws = {
        item.seed_id: random.Random(f"{config.seed}/{item.seed_id}/limit").random()
        for item in functions
    }
    drawn = sorted(functions, key=lambda item: draws[item.seed_id])
    detail = f"{len(functions)} survivors, limit {config.limit}"
    rejects += [_rejected(function, OVER_LIMIT, detail) for function in drawn[config.limit :]]
    return drawn[: config.limit]


def _seed(function: Function) -> Seed:
    return Seed(
        seed_id=function.seed_id,
        code=function.code,
        name=function.name,
        docstring=_plain(function.docstring),
        imports=function.modules,
        source=function.file.source,
        path=function.file.path,
        licence=function.file.licence,
        source_sha256=function.file.sha256,
    )


def _rejected(function: Function, rule: str, detail: str) -> RejectedSeed:
    file = function.file
    return RejectedSeed(
        seed_id=content_id(file.source, file.path, file.sha256, function.node.lineno),
        name=function.name,
        source=file.source,
        path=file.path,
        rule=rule,
        detail=_plain(detail),
    )


def _rejected_file(file: SourceFile | UnusableFile, rule: str, detail: str) -> RejectedSeed:
    return RejectedSeed(
        seed_id=content_id(file.source, file.path, file.sha256),
        name="",
        source=file.source,
        path=file.path,
        rule=rule,
        detail=_plain(detail),
    )


def _plain(text: str) -> str:
    """Text that a table can hold: an escape in a string may stand for half a character."""
    return text.encode("utf-8", errors="backslashreplace").decode("utf-8")


def _no_seeds(gathered: Gathered) -> str:
    taken = Counter(reject.rule for reject in gathered.rejects)
    funnel = ", ".join(f"{rule} {n}" for rule, n in taken.most_common()) or "no rule took any"
    return (
        f"no seed is left of {gathered.functions} functions in {gathered.files} files: {funnel}; "
        "name another source or switch a rule off in params gather_seeds"
    )
