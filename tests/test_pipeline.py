"""dvc.yaml says what the code does."""

import ast

import pytest

from tests.pipeline import ROOT, code_deps, load_pipeline, module_of

STAGES = load_pipeline()


def paths(name: str, *keys: str) -> set[str]:
    """Paths that a stage declares under some of its keys."""
    items = [item for key in keys for item in STAGES[name].get(key, [])]
    return {item if isinstance(item, str) else next(iter(item)) for item in items}


def loaded_sections(name: str) -> set[str]:
    """Sections of params.yaml that an entry point loads; {x} stands for ${item.x} or ${key}."""
    tree = ast.parse((ROOT / "stages" / f"{module_of(name)}.py").read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        if node.func.id != "load_section":
            continue
        section = node.args[0]
        if isinstance(section, ast.Constant):
            found.add(str(section.value))
        else:
            assert isinstance(section, ast.JoinedStr), f"{name}: a section must be a literal"
            found.add(
                "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "*"
                    for part in section.values
                )
            )
    return found


def pattern(section: str) -> str:
    """Turn ${...} in a declared section into *."""
    head, _, rest = section.partition("${")
    return f"{head}*{rest.partition('}')[2]}" if rest else head


@pytest.mark.parametrize("name", STAGES)
def test_deps_are_the_imports(name: str) -> None:
    declared = {d for d in paths(name, "deps") if d.endswith(".py")}
    assert declared == set(code_deps(name)), "run `python -m tests.pipeline`"


@pytest.mark.parametrize("name", STAGES)
def test_every_path_of_the_command_is_declared(name: str) -> None:
    used = {word for word in STAGES[name]["cmd"].split() if "/" in word}
    declared = paths(name, "deps", "outs", "metrics", "plots")
    folders = {path.rpartition("/")[0] for path in declared} | {"metrics", "report"}
    assert used <= declared | folders


@pytest.mark.parametrize("name", STAGES)
def test_params_are_the_sections_the_stage_loads(name: str) -> None:
    assert {pattern(section) for section in paths(name, "params")} == loaded_sections(name)


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_runs_the_module_of_its_name(name: str) -> None:
    module = f"-m stages.{module_of(name)} "
    launched = f"${{launch.{module_of(name)}}} {module}"
    assert STAGES[name]["cmd"].startswith((f"python {module}", launched))


def test_a_cpu_stage_never_imports_torch() -> None:
    """Sampling and training may; what reads and writes tables must start fast."""
    heavy = {"torch", "transformers", "trl", "peft", "vllm"}
    trains_or_samples = {
        "fetch_checkpoints",
        "judge_seeds",
        "write_instructions",
        "sample_responses",
        "finetune",
        "score_reference",
        "score_reference_off_policy",
        "align",
        "align_off_policy",
        "score_rewards",
        "sample_benchmark",
        "judge_completions",
    }
    for name in set(STAGES) - trains_or_samples:
        for module in code_deps(name):
            for node in ast.walk(ast.parse((ROOT / module).read_text(encoding="utf-8"))):
                names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.module:
                    names = [node.module]
                assert not heavy & {n.split(".")[0] for n in names}, f"{name}: {module}"
