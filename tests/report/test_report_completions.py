"""The maps of tasks and the page of completions: every cell has its link, every text is escaped."""

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest

from codepref.errors import DataError
from codepref.report.answers import Answer, join_answers
from codepref.report.completions import SAMPLES, visible
from codepref.report.heatmap import SYMBOLS, HeatCell, HeatMap, heat_maps, natural
from codepref.report.numbers import read_study
from codepref.report.render import make_page, render_completions, render_html
from tests.report.fake_answers import answer, make_answers
from tests.report.fake_metrics import make_grid, write_metrics

LINK = "completions.html"
VOID = {"meta", "br", "link", "img", "hr", "input"}
HOSTILE = (
    "</pre></details><script>alert(1)</script><a href='javascript:x' id=\"y\">\x00\x1b[31m&amp;"
)


class Page(HTMLParser):
    """What a page holds, and whether each element is closed by its own end."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        if found.get("id"):
            self.ids.append(found["id"] or "")
        if tag == "a":
            self.links.append(found["href"] or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(autouse=True)
def metrics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be in a folder with the metrics of a finished study."""
    write_metrics(tmp_path, make_grid())
    monkeypatch.chdir(tmp_path)


def report(answers: Sequence[Answer]) -> str:
    return render_html(make_page(read_study(Path("metrics"), make_grid()), answers, LINK))


def completions(answers: Sequence[Answer]) -> str:
    return render_completions(read_study(Path("metrics"), make_grid()), answers, "report.html")


def heat_map(answers: Sequence[Answer]) -> HeatMap:
    (found,) = heat_maps(read_study(Path("metrics"), make_grid()), answers, LINK)
    return found


def cell(*answers: Answer) -> HeatCell:
    """Give the cell of the pretrained baseline, the first column."""
    return heat_map(answers).rows[0].cells[0]


def mine(verdict: str = "passed", **changes: object) -> Answer:
    return answer("m-pretrained", "baseline", "HumanEval/2", verdict, **changes)  # type: ignore[arg-type]


def test_the_map_has_a_row_for_each_task_in_order_and_a_column_for_each_variant() -> None:
    found = heat_map(make_answers(make_grid()))
    assert [row.task_id for row in found.rows] == ["HumanEval/2", "HumanEval/10"]
    assert found.starts == [("m-pretrained", 4), ("m-finetuned", 3)]
    own = ["baseline", "dpo-0", "rft-0"]
    assert found.variants == [*own, "dpo-0-on-m-finetuned", *own]
    for row in found.rows:
        links = [one.href for one in row.cells]
        assert links == [
            f"{LINK}#{start}/{variant}/humaneval/{row.task_id}/complete/0"
            for start, n in found.starts
            for variant in found.variants[:n]
        ]


@pytest.mark.parametrize(
    ("verdict", "kind"),
    [
        ("passed", "passed"),
        ("failed", "failed"),
        ("error", "broken"),
        ("timeout", "broken"),
        ("infra_error", "none"),
    ],
)
def test_a_cell_says_its_verdict_by_colour_symbol_and_title(verdict: str, kind: str) -> None:
    found = cell(mine(verdict))
    assert (found.kind, found.title) == (kind, verdict)
    assert found.symbol == SYMBOLS[verdict]  # type: ignore[index]


def test_every_verdict_has_a_symbol_of_its_own() -> None:
    assert len(set(SYMBOLS.values())) == len(SYMBOLS)


@pytest.mark.parametrize(
    ("verdicts", "symbol", "kind"),
    [
        (["passed", "passed"], "2/2", "passed"),
        (["failed", "passed"], "1/2", "some"),
        (["error", "failed"], "0/2", "failed"),
        (["infra_error", "passed"], "1/1", "passed"),
        (["infra_error", "error"], "0/1", "broken"),
        (["infra_error", "infra_error"], "0/0", "none"),
    ],
)
def test_several_samples_say_how_many_passed(verdicts: list[str], symbol: str, kind: str) -> None:
    samples = [mine(verdict, sample_index=i) for i, verdict in enumerate(verdicts)]
    found = cell(*reversed(samples))
    assert (found.symbol, found.kind) == (symbol, kind)
    assert found.href.endswith("/0")


def test_a_task_that_a_variant_did_not_answer_has_a_cell_without_a_link() -> None:
    found = heat_map([mine()]).rows[0].cells[1]
    assert (found.href, found.symbol, found.title) == ("", "-", "no completion")


def test_other_wordings_and_variants_outside_the_grid_are_not_shown() -> None:
    others = [
        mine("failed", wording="evalplus"),
        answer("m-pretrained", "old-0", "HumanEval/2"),
        answer("m-pretrained", "baseline", "HumanEval/3", wording="evalplus"),
    ]
    found = heat_map([*others, mine()])
    assert [row.task_id for row in found.rows] == ["HumanEval/2"]
    assert found.rows[0].cells[0].kind == "passed"
    assert "old-0" not in completions([*others, mine()])


def test_every_link_of_the_report_leads_to_a_completion_and_back() -> None:
    answers = make_answers(make_grid())
    page, other = Page(report(answers)), Page(completions(answers))
    assert len(other.ids) == len(set(other.ids)) == 2 * 7
    assert set(page.links) == {f"{LINK}#{name}" for name in other.ids}
    assert other.links == ["report.html"]


def test_both_pages_have_the_same_bytes_in_any_order_of_rows() -> None:
    answers = make_answers(make_grid())
    again = answers[::-1]
    assert completions(answers) == completions(again)
    assert report(answers) == report(again)


def test_a_completion_stands_with_prompt_program_verdict_and_failure() -> None:
    text = completions([mine("failed", prompt="Add\n\ntwo.", text="\nx = 1", failure="1 != 2")])
    assert "<pre>\nAdd\n\ntwo.</pre>" in text
    assert "<pre>\n\nx = 1</pre>" in text  # a parser drops the first newline of the two
    assert '<span class="failed">failed</span>, tests passed: 0 of 1<br><code>1 != 2</code>' in text


def test_what_a_model_wrote_is_text_and_never_markup() -> None:
    hostile = mine("failed", prompt=HOSTILE, text=HOSTILE, failure=HOSTILE)
    for text in (completions([hostile]), report([hostile])):
        page = Page(text)
        assert "script" not in page.tags
        assert not any("javascript" in link for link in page.links)
        assert "y" not in page.ids
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", text)
    assert "&lt;script&gt;alert(1)" in completions([hostile])


def test_control_characters_are_written_as_codes() -> None:
    assert visible("a\tb\n\x00\r\x85\x7fé") == "a\tb\n\\x00\\x0d\\x85\\x7fé"


def test_only_the_first_samples_are_on_the_page_and_the_others_are_counted() -> None:
    text = completions([mine(sample_index=i) for i in range(SAMPLES + 4)])
    assert len(Page(text).ids) == SAMPLES
    assert "4 further samples of baseline are in data/completions" in text
    assert "further samples" not in completions([mine()])


def test_a_completion_without_a_program_is_shown_as_it_is() -> None:
    found = mine()
    bare = found.completion.model_copy(update={"solution": "", "completion": "no code"})
    assert "<pre>\nno code</pre>" in completions([found._replace(completion=bare)])


def test_a_result_of_no_completion_is_named() -> None:
    found = mine()
    with pytest.raises(DataError, match="m-pretrained: 1 results are of no completion"):
        join_answers("m-pretrained", [], [found.result])


def test_numbers_in_names_are_sorted_as_numbers() -> None:
    names = ["Mbpp/10", "HumanEval/2", "Mbpp/9", "HumanEval/10"]
    assert sorted(names, key=natural) == ["HumanEval/2", "HumanEval/10", "Mbpp/9", "Mbpp/10"]
