"""Settings and files for tests of this room."""

from collections.abc import Mapping

from codepref.contamination.matcher import Matcher
from codepref.seeds.config import FolderSource, GatherSeedsConfig, Rules, TypeCheckConfig
from codepref.seeds.sources import SourceFile
from codepref.seeds.typecheck import TypeFault
from tests.contamination.bounds import CONFIG as BOUNDS

FOLDER = FolderSource(kind="folder", folder="src", name="here 1", licence="MIT", skip=["skipped"])
CONFIG = GatherSeedsConfig(
    sources=[FOLDER],
    seed=0,
    limit=0,
    max_file_bytes=10_000,
    max_lines=6,
    excluded_imports=["os", "sys"],
    todo_words=["todo", "fixme"],
    near_duplicate_jaccard=0.5,
    infer_imports=True,
    infer_timeout_s=10.0,
    type_check=TypeCheckConfig(batch_size=4, batch_timeout_s=60.0, file_timeout_s=60.0),
    rules=Rules.model_validate(dict.fromkeys(Rules.model_fields, True)),
)
NO_TASKS = Matcher([], BOUNDS)


def with_rules(**switches: bool) -> GatherSeedsConfig:
    """Settings with some rules switched."""
    return CONFIG.model_copy(update={"rules": CONFIG.rules.model_copy(update=switches)})


def no_faults(codes: Mapping[str, str]) -> dict[str, TypeFault]:
    """A type check that lets all through."""
    del codes
    return {}


def source_file(text: str, path: str = "a.py") -> SourceFile:
    """A file with this text."""
    return SourceFile(text, "here 1", path, "MIT", "0" * 64)
