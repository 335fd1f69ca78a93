"""Stage execute_responses: every answer against its tests, isolated. CPU, some ms each."""

from pathlib import Path

from codepref.command import run_stage
from codepref.config import load_section
from codepref.execution.config import ExecuteResponsesConfig
from codepref.execution.pool import open_pool, run_jobs
from codepref.execution.responses import count_executions, make_executions, make_work
from codepref.execution.rows import Agreement, Execution
from codepref.execution.siblings import count_agreements, make_agreements, make_sibling_jobs
from codepref.files import write_json
from codepref.ledger import Ledger
from codepref.sampling.rows import Response
from codepref.selfalign.rows import Instruction
from codepref.tables import read_table, write_table
from codepref.workspace import state_dir


def main(
    instructions: Path, responses: Path, executions: Path, agreements: Path, metrics: Path
) -> None:
    """Read responses and instructions, write executions, and count the verdicts."""
    config = load_section("execute_responses", ExecuteResponsesConfig)
    work = make_work(read_table(responses, Response), read_table(instructions, Instruction))
    jobs = [job for one in work for job in one.jobs]
    siblings = make_sibling_jobs(work) if config.sibling_tests else []
    ledger = Ledger(state_dir() / "executions.sqlite")
    try:
        with open_pool(config) as pool:
            rows = make_executions(work, run_jobs(jobs, config, pool, ledger), config)
            others = make_agreements(run_jobs(siblings, config, pool, ledger), config)
            isolation = pool.isolation
    finally:
        ledger.close()
    write_table(executions, rows, Execution)
    write_table(agreements, others, Agreement)
    counts = count_executions(work, rows)
    write_json(
        metrics, {**counts, "sibling_tests": count_agreements(others), "isolation": isolation}
    )


if __name__ == "__main__":
    run_stage(main)
