"""Stage execute_responses: every answer against its tests, isolated. CPU, about 15 ms each."""

from pathlib import Path

from codepref.command import run_stage
from codepref.config import load_section
from codepref.execution.config import ExecuteResponsesConfig
from codepref.execution.pool import run_jobs
from codepref.execution.responses import count_executions, make_executions, make_jobs
from codepref.execution.rows import Execution
from codepref.execution.walls import choose_isolation
from codepref.files import write_json
from codepref.ledger import Ledger
from codepref.sampling.rows import Response
from codepref.selfalign.rows import Instruction
from codepref.tables import read_table, write_table
from codepref.workspace import state_dir


def main(instructions: Path, responses: Path, executions: Path, metrics: Path) -> None:
    """Read responses and instructions, write executions, and count the verdicts."""
    config = load_section("execute_responses", ExecuteResponsesConfig)
    answers = read_table(responses, Response)
    jobs = make_jobs(answers, read_table(instructions, Instruction))
    ledger = Ledger(state_dir() / "executions.sqlite")
    try:
        rows = make_executions(jobs, run_jobs(jobs, config, ledger), config)
    finally:
        ledger.close()
    write_table(executions, rows, Execution)
    counts = count_executions(jobs, rows, answers)
    write_json(metrics, {**counts, "isolation": choose_isolation(config)})


if __name__ == "__main__":
    run_stage(main)
