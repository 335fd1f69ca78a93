"""Problems with tests from a hub data set, or a folder of data files."""

from codepref.seeds.hub import source_name, stream_rows
from codepref.selfalign.config import ProblemsDataset
from codepref.selfalign.problems import parse_problems
from codepref.selfalign.selection import ProblemSet


def fetch_problems(config: ProblemsDataset) -> ProblemSet:
    """Read every row of a split.

    Raises:
        MissingError: the hub cannot be reached, or does not give this data set to us.
        DataError: a row has no known layout or breaks it.
    """
    rows = stream_rows(
        config.repo, revision=config.revision, data_dir=None, split=config.split, limit=0
    )
    place = f"{config.repo} {config.split}: row "
    problems = parse_problems(enumerate(rows, start=1), place=place)
    return ProblemSet(problems, source_name(config.repo, config.revision), config.licence)
