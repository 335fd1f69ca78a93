"""The one matcher of data against benchmark tasks."""

from collections.abc import Sequence

from codepref.benchmarks.rows import Task
from codepref.contamination.config import Bounds, CheckContaminationConfig
from codepref.contamination.inputs import InputIndex
from codepref.contamination.matches import Match, excerpt
from codepref.contamination.programs import ProgramIndex
from codepref.contamination.texts import TextIndex


class Matcher:
    """All tasks, indexed for every method."""

    def __init__(self, tasks: Sequence[Task], config: CheckContaminationConfig) -> None:
        self.tasks = sorted(tasks, key=lambda task: (task.benchmark, task.task_id))
        self.config = config
        self._texts = TextIndex(self.tasks, config.ngram, config.minhash)
        self._programs = ProgramIndex(self.tasks, config.ast)
        self._inputs = InputIndex(self.tasks, config.test_inputs)
        self._by_id: dict[str, list[int]] = {}
        for index, task in enumerate(self.tasks):
            self._by_id.setdefault(_name(task.task_id), []).append(index)

    def texts(self, texts: Sequence[str]) -> list[list[Match]]:
        """Give for each text its matches by n-gram and MinHash."""
        return self._texts.matches(texts)

    def programs(self, programs: Sequence[str]) -> list[list[Match]]:
        """Give for each program its matches by syntax tree."""
        return self._programs.matches(programs)

    def tests(self, tests: Sequence[str]) -> list[list[Match]]:
        """Give for each text of tests its matches by input."""
        return self._inputs.matches(tests)

    def problem(self, problem_id: str, text: str) -> list[Match]:
        """Give the tasks that a problem of that id is, whatever its text: "mbpp/601"."""
        return [
            Match(index, "task_id", 1.0, f"{problem_id}: {excerpt(text)}", self._request(index))
            for index in self._by_id.get(_name(problem_id), ())
        ]

    def code(self, code: str) -> list[Match]:
        """Give all matches of one piece of code, by text and by syntax tree."""
        return [*self.texts([code])[0], *self.programs([code])[0]]

    def removes(self, match: Match) -> bool:
        """Whether a match takes its row out of all training."""
        bounds: Bounds = getattr(self.config, match.method)
        return match.score >= bounds.removes

    def describe(self, match: Match) -> str:
        """Say which task a row meets, and how."""
        task = self.tasks[match.task]
        return f"{task.task_id}: {match.method} {match.score:.2f}: {match.row_text!r}"

    def _request(self, index: int) -> str:
        task = self.tasks[index]
        return f"{task.task_id}: {excerpt(task.text)}"


def _name(task_id: str) -> str:
    """Write "Mbpp/007" as "mbpp/7"."""
    head, _, number = task_id.lower().rpartition("/")
    return f"{head}/{int(number)}" if number.isdecimal() else task_id.lower()
