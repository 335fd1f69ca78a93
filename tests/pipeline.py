"""Hold dvc.yaml to the code: DVC does not follow Python imports (treeverse/dvc#9195).

`python -m tests.pipeline` rewrites the code deps of every stage from the imports.
"""

import ast
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
DVC_YAML = ROOT / "dvc.yaml"


def load_pipeline() -> dict[str, Any]:
    """Give the body of each stage, without its foreach."""
    stages = YAML(typ="safe").load(DVC_YAML)["stages"]
    return {name: stage.get("do", stage) for name, stage in stages.items()}


def imported_modules(path: Path) -> set[Path]:
    """Modules of this repository that a file imports, directly or through another one."""
    found: set[Path] = set()
    queue = [path]
    while queue:
        for node in ast.walk(ast.parse(queue.pop().read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
            for name in names:
                module = ROOT.joinpath(*name.split(".")).with_suffix(".py")
                if name.startswith("codepref.") and module.is_file() and module not in found:
                    found.add(module)
                    queue.append(module)
    return found


def module_of(name: str) -> str:
    """Name the module that a stage runs: its own, but for stages that differ in paths alone."""
    return name.removesuffix("_off_policy")


def code_deps(name: str) -> list[str]:
    """Give the stage's entry point and all it imports, relative to the root, sorted."""
    entry = ROOT / "stages" / f"{module_of(name)}.py"
    return sorted(m.relative_to(ROOT).as_posix() for m in imported_modules(entry) | {entry})


def write_code_deps() -> None:
    """Replace the .py deps of each stage in dvc.yaml; comments and the rest stay."""
    yaml = YAML()
    yaml.width = 10_000
    yaml.preserve_quotes = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    document = yaml.load(DVC_YAML)
    for name, stage in document["stages"].items():
        body = stage.get("do", stage)
        data = [d for d in body.get("deps", []) if not d.endswith(".py")]
        deps = [*data, *code_deps(name)]
        if "deps" in body:
            body["deps"] = deps
        else:
            body.insert(list(body).index("cmd") + 1, "deps", deps)
    yaml.dump(document, DVC_YAML)


if __name__ == "__main__":
    write_code_deps()
