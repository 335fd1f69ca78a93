"""The release folder: its files, its card, and what it refuses."""

import subprocess
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from ruamel.yaml import YAML

from codepref.cli import main
from codepref.files import read_json, write_json
from codepref.pairs.rows import Pair
from codepref.release.columns import COLUMNS
from codepref.tables import read_table, write_table
from tests.lineage.fake_study import FakeStudy
from tests.release.release_study import BASE, GENERATORS, HELD_OUT, TUNED, pairs_of

pytestmark = pytest.mark.usefixtures("study")


def bytes_of(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def section(card: str, heading: str) -> str:
    return card.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def released(folder: str = "out", *more: str) -> Path:
    assert main(["card", "--out", folder, *more]) == 0
    return Path(folder)


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["card", "--out", "out", *arguments]) in (1, 2)
    message = capsys.readouterr().err
    assert message.startswith("error: ")
    assert message.count("\n") == 1
    return message


def test_a_release_holds_pairs_card_and_croissant_and_nothing_else() -> None:
    assert list(bytes_of(released())) == [
        "README.md",
        "croissant.json",
        "data/m-finetuned/held_out.parquet",
        "data/m-finetuned/train.parquet",
        "data/m-pretrained/held_out.parquet",
        "data/m-pretrained/train.parquet",
    ]


@pytest.mark.parametrize("key", GENERATORS)
def test_both_files_together_are_the_pair_table(study: FakeStudy, key: str) -> None:
    folder = released() / "data" / key
    rows = [
        row
        for name in ("held_out", "train")
        for row in read_table(folder / f"{name}.parquet", Pair)
    ]
    assert sorted(rows, key=lambda row: row.pair_id) == read_table(
        study.root / f"data/pairs/{key}.parquet", Pair
    )


@pytest.mark.parametrize("key", GENERATORS)
def test_no_instruction_is_in_both_files(key: str) -> None:
    folder = released() / "data" / key
    held_out, train = (
        set(pq.read_table(folder / f"{name}.parquet")["instruction_id"].to_pylist())
        for name in ("held_out", "train")
    )
    assert held_out == set(HELD_OUT)
    assert train == {"i0", "i1", "i3", "i4"}


def test_an_instruction_with_pairs_in_both_splits_is_refused(
    study: FakeStudy, capsys: pytest.CaptureFixture[str]
) -> None:
    torn = pairs_of("m-pretrained", BASE)
    torn[0] = torn[0].model_copy(update={"split": "held_out"})
    write_table(Path("data/pairs/m-pretrained.parquet"), torn, Pair)
    study.commit()
    message = refusal(capsys)
    assert "data/pairs/m-pretrained.parquet: instruction i0 has pairs in train and" in message
    assert not Path("out").exists()


def test_a_pair_without_its_instruction_is_refused(
    study: FakeStudy, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = pairs_of("m-pretrained", BASE)
    lost[3] = lost[3].model_copy(update={"instruction_id": "gone"})
    write_table(Path("data/pairs/m-pretrained.parquet"), lost, Pair)
    study.commit()
    message = refusal(capsys)
    assert f"pair {lost[3].pair_id} is of instruction gone, which data/instructions" in message


def test_same_study_same_bytes() -> None:
    first = bytes_of(released("one"))
    subprocess.run(["touch", "data/pairs/m-pretrained.parquet"], check=True)
    assert bytes_of(released("two")) == first


def test_one_generator_alone() -> None:
    folder = released("out", "--generator", "m-finetuned")
    assert [path.name for path in (folder / "data").iterdir()] == ["m-finetuned"]
    assert "m-pretrained" not in section((folder / "README.md").read_text(), "Counts")


def test_an_earlier_release_is_replaced_whole() -> None:
    released()
    folder = released("out", "--generator", "m-finetuned")
    assert not (folder / "data/m-pretrained").exists()


def test_a_split_without_pairs_has_no_file(study: FakeStudy) -> None:
    train = [row for row in pairs_of("m-pretrained", BASE) if row.split == "train"]
    write_table(Path("data/pairs/m-pretrained.parquet"), train, Pair)
    study.commit()
    folder = released()
    assert not (folder / "data/m-pretrained/held_out.parquet").exists()
    assert "data/m-pretrained/held_out" not in (folder / "README.md").read_text()


def test_the_front_matter_names_every_file_as_a_split() -> None:
    card = (released() / "README.md").read_text()
    head = YAML(typ="safe").load(card.split("---\n")[1])
    assert head["configs"][0] == {
        "config_name": "m-pretrained",
        "data_files": [
            {"split": "train", "path": "data/m-pretrained/train.parquet"},
            {"split": "held_out", "path": "data/m-pretrained/held_out.parquet"},
        ],
    }
    assert [item["config_name"] for item in head["configs"]] == list(GENERATORS)
    assert head["size_categories"] == ["n<1K"]
    assert head["license"] == "other"
    assert head["license_name"] == "Apache-2.0 and MIT and PSF-2.0"


def test_the_card_counts_pairs_and_what_was_lost_on_the_way() -> None:
    card = (released() / "README.md").read_text()
    assert "| m-pretrained | 12 | 8 | 4 | 6 |" in section(card, "Counts")
    funnel = section(card, "From seeds to pairs")
    assert "| gather_seeds | functions to seeds | 90 | 7 | 7.8 % | not_ascii 0, too_long 83 |" in (
        funnel
    )
    assert "| build_pairs m-finetuned | instructions that have a pair | 19 | 6 |" in funnel
    assert "| build_pairs m-finetuned | pairs that repeat no other | 12 | 12 |" in funnel
    assert "no_passing 13" in funnel


def test_the_card_mixes_verdicts_of_answers_and_of_pairs() -> None:
    verdicts = section((released() / "README.md").read_text(), "Verdicts")
    assert "| passed | 31 | 0 |" in verdicts
    assert "| failed | 17 | 6 |" in verdicts
    assert "| error | 0 | 6 |" in verdicts


def test_the_card_gives_policy_and_lengths() -> None:
    card = (released() / "README.md").read_text()
    policy = section(card, "Pair policy and constraints")
    assert "| build_pairs.policy | random_one |" in policy
    lengths = section(card, "Length gaps")
    assert "| chosen_tokens | 12.25 |" in lengths
    assert "n_pairs" not in lengths
    # "def i0(): return 0\n" has 19 characters, whatever the digit.
    assert "| chosen, characters | 19 | 19 | 19 |" in lengths


def test_the_card_names_checkpoints_and_licences() -> None:
    card = (released() / "README.md").read_text()
    generators = section(card, "Generators")
    assert f"| m-pretrained | m-pretrained | `{BASE}` | wheel 1: model.gguf |" in generators
    assert f"| m-finetuned | m-finetuned | `{TUNED}` | SFT of m-pretrained |" in generators
    licences = section(card, "Licences of seeds and instructions")
    assert "| m-pretrained | MIT | problems | set 1 | 3 | 6 |" in licences
    assert "| m-pretrained | PSF-2.0 | generated | python-stdlib 3.11.7 | 3 | 6 |" in licences


def test_a_digest_that_no_start_has_is_said_to_be_unknown(study: FakeStudy) -> None:
    foreign = pairs_of("m-pretrained", "f0e1")
    write_table(Path("data/pairs/m-pretrained.parquet"), foreign, Pair)
    study.commit()
    generators = section((released() / "README.md").read_text(), "Generators")
    assert "| m-pretrained | not a start of the study | `f0e1` | - | - | unknown | 12 |" in (
        generators
    )


def test_checks_that_were_not_made_are_said_to_be_missing() -> None:
    card = (released() / "README.md").read_text()
    for heading, stage in (
        ("Contamination: overlap with the benchmarks", "check_contamination"),
        ("Audit", "audit_pairs"),
    ):
        assert f"Not checked: metrics/{stage}/m-pretrained.json does not exist." in section(
            card, heading
        )


def test_numbers_of_a_check_are_listed_by_name() -> None:
    found = {"removed": {"instructions": 3, "responses": 0}, "passes": True}
    write_json(Path("metrics/check_contamination/m-pretrained.json"), found)
    text = section(
        (released() / "README.md").read_text(), "Contamination: overlap with the benchmarks"
    )
    assert "| removed.instructions | 3 |" in text
    assert "| removed.responses | 0 |" in text
    assert "| passes | True |" in text
    assert "Not checked: metrics/check_contamination/m-finetuned.json" in text


def test_the_card_gives_md5_of_every_file_behind_the_pairs() -> None:
    lineage = section((released() / "README.md").read_text(), "Lineage")
    lock = YAML(typ="safe").load(Path("dvc.lock"))["stages"]
    for stage in ("build_pairs@m-pretrained", "gather_seeds", "fetch_checkpoints@m-pretrained"):
        for out in lock[stage]["outs"]:
            assert f"| `{out['path']}` | `{out['md5']}` | {stage} |" in lineage
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], text=True).strip()
    assert f"- commit: {commit}\n- tracked files differ from it: no\n" in lineage
    assert "align" not in lineage


def test_the_command_that_the_card_gives_traces_a_pair(capsys: pytest.CaptureFixture[str]) -> None:
    lineage = section((released() / "README.md").read_text(), "Lineage")
    line = next(line for line in lineage.splitlines() if line.startswith("codepref trace"))
    capsys.readouterr()
    assert main(line.split()[1:]) == 0
    assert "i00-m-pretrained" in capsys.readouterr().out


def test_a_changed_tracked_file_is_said() -> None:
    Path("report/report.html").write_text("<p>another</p>")
    lineage = section((released() / "README.md").read_text(), "Lineage")
    assert "- tracked files differ from it: yes" in lineage


def test_a_stale_workspace_is_refused_and_released_only_by_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    params = Path("params.yaml")
    params.write_text(params.read_text().replace("policy: random_one", "policy: best_worst"))
    reason = 'param build_pairs.policy was "random_one", is now "best_worst"'
    assert reason in refusal(capsys)
    assert not Path("out").exists()
    assert reason in section(
        (released("out", "--allow-stale") / "README.md").read_text(), "Lineage"
    )


def test_a_missing_table_is_named_with_what_brings_it(capsys: pytest.CaptureFixture[str]) -> None:
    Path("data/pairs/m-finetuned.parquet").unlink()
    message = refusal(capsys)
    assert "data/pairs/m-finetuned.parquet: no such file" in message
    assert "dvc pull" in message


def test_a_folder_with_something_else_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    Path("out/data").mkdir(parents=True)
    Path("out/notes.txt").write_text("mine")
    assert "holds something else than a release, first notes.txt" in refusal(capsys)
    assert bytes_of(Path("out")) == {"notes.txt": b"mine"}


def test_a_folder_with_a_readme_alone_is_no_release(capsys: pytest.CaptureFixture[str]) -> None:
    Path("out").mkdir()
    Path("out/README.md").write_text("mine")
    assert "has README.md and no croissant.json" in refusal(capsys)


def test_an_unknown_generator_is_answered_with_the_known(
    capsys: pytest.CaptureFixture[str],
) -> None:
    message = refusal(capsys, "--generator", "x")
    assert "grid.generators has m-pretrained, m-finetuned" in message


def test_every_column_of_a_pair_is_described() -> None:
    assert list(COLUMNS) == list(Pair.model_fields)


def test_the_croissant_file_is_json() -> None:
    assert read_json(released() / "croissant.json")["@type"] == "sc:Dataset"
