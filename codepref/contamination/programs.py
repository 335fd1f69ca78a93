"""Programs against the functions of tasks, whatever names, layout and constants they have.

A syntax tree decides. Parsing every program is dear, so a lexer of one regular expression goes
first: it reads a program as a row of keywords, operators, attributes and a few builtins, its
skeleton. Functions of equal shape have equal skeletons of their bodies, and a program holds the
skeleton of each function in it as it is, so what lacks a task's skeleton lacks its function.
(Python 3.12 lets an f-string repeat its own quote inside: such strings are lexed wrongly.)
"""

import ast
import builtins
import keyword
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from codepref.benchmarks.rows import Task
from codepref.contamination.config import AstConfig
from codepref.contamination.matches import Match, excerpt
from codepref.contamination.windows import Patterns, pack
from codepref.records import digest
from codepref.syntax import FunctionNode, functions, parse

BUILTINS = frozenset(dir(builtins))
# Builtins that keep their name in a shape even where a program binds it; none is an annotation.
STEADY = frozenset(
    ("len", "range", "enumerate", "sorted", "reversed", "zip", "isinstance", "ord", "chr", "print")
)
# Keywords that a syntax tree has exactly one form of; `elif` is an `if` inside an `else`.
KEYWORDS = {name: name for name in keyword.kwlist} | {"elif": "if", "True": "False"}
SILENT = frozenset(("else", "as", "None"))
TOKEN = re.compile(
    r"""
    [rbfuRBFU]{0,2} (?: \"{3}(?:[^\\]|\\.)*?\"{3} | '{3}(?:[^\\]|\\.)*?'{3}
      | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' )
    | \#[^\n]*
    | \.\.\. | ->
    | ( 0[xXoObB][\da-fA-F_]+
      | (?: \d[\d_]*\.?[\d_]* | \.\d[\d_]* ) (?:[eE][+-]?\d[\d_]*)? [jJ]?
      | \.[\s\\]*[^\W\d]\w* | [^\W\d]\w*
      | //=? | \*\*=? | <<=? | >>=? | [:=!<>]= | [-+*/%&^]=? | [<>~={] )
    """,
    re.VERBOSE | re.DOTALL,
)
LEXED = 1_000_000  # raw tokens that are kept in memory
NUMBER = "0"  # stands for every number


class Shape(NamedTuple):
    """A function's form.

    Attributes:
        exact: digest of its body but for names, docstrings and annotations.
        masked: the same, each constant replaced by its type.
        constants: as text, in order.
        nodes: syntax nodes of the body.
    """

    exact: str
    masked: str
    constants: tuple[str, ...]
    nodes: int


class Known(NamedTuple):
    """A function of a task: its shape, text, and the skeleton of its body."""

    task: int
    shape: Shape
    text: str
    skeleton: list[str]


class ProgramIndex:
    """The functions of all tasks."""

    def __init__(self, tasks: Sequence[Task], config: AstConfig) -> None:
        self._config = config
        self._known = [
            one for index, task in enumerate(tasks) for one in _functions_of(index, task, config)
        ]
        vocabulary = sorted({token for one in self._known for token in one.skeleton})
        # 0 is what no skeleton has, 1 a token of no task.
        self._vocabulary = {token: place + 2 for place, token in enumerate(vocabulary)}
        self._lexed = _Lexed(self._vocabulary)
        self._rows = [[self._vocabulary[token] for token in one.skeleton] for one in self._known]
        self._patterns = Patterns(self._rows)
        self._by_shape: dict[str, list[Known]] = {}
        for one in self._known:
            self._by_shape.setdefault(one.shape.masked, []).append(one)

    def matches(self, texts: Sequence[str]) -> list[list[Match]]:
        """Give for each program the tasks whose functions it holds."""
        rows = [self._number(text) for text in texts]
        found: list[list[Match]] = [[] for _ in texts]
        for place, patterns in sorted(self._patterns.candidates(pack(rows)).items()):
            row = _as_text(rows[place])
            if any(_as_text(self._rows[index]) in row for index in patterns):
                found[place] = self._verified(texts[place])
        return found

    def _number(self, text: str) -> list[int]:
        if len(self._lexed) > LEXED:
            self._lexed.clear()
        return [number for number in map(self._lexed.__getitem__, TOKEN.findall(text)) if number]

    def _verified(self, text: str) -> list[Match]:
        tree = parse(text)
        best: dict[int, Match] = {}
        for node in functions(tree) if tree is not None else ():
            shape = shape_of(node)
            for known in self._by_shape.get(shape.masked, ()):
                score = _agreement(shape, known.shape)
                exact = shape.exact == known.shape.exact
                if shape.nodes < self._config.min_nodes and not exact:
                    continue
                if score < self._config.reported:
                    continue
                if known.task not in best or score > best[known.task].score:
                    row_text = ast.get_source_segment(text, node) or text
                    best[known.task] = Match(
                        known.task, "ast", score, excerpt(row_text), excerpt(known.text)
                    )
        return [best[task] for task in sorted(best)]


def skeleton(program: str) -> list[str]:
    """Lex a program to what survives renaming and reformatting."""
    return [token for token in map(_significant, TOKEN.findall(program)) if token]


def shape_of(node: FunctionNode) -> Shape:
    """Form of a body: names become ranks of first use, docstrings and plain annotations go.

    Builtins that the body does not bind, attributes and keywords of calls keep their names.
    """
    reader = _Reader(node)
    tokens = list(reader.read_all(node.body))
    masked = [token if isinstance(token, str) else token.kind for token in tokens]
    exact = [token if isinstance(token, str) else token.text for token in tokens]
    constants = tuple(token.text for token in tokens if not isinstance(token, str))
    return Shape(digest(exact), digest(masked), constants, reader.nodes)


class _Lexed(dict[str, int]):
    """Numbers of raw tokens, made when they are first seen; 0 for those that a skeleton lacks."""

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        super().__init__()
        self._vocabulary = vocabulary

    def __missing__(self, token: str) -> int:
        kept = _significant(token)
        self[token] = self._vocabulary.get(kept, 1) if kept else 0
        return self[token]


class _Constant(NamedTuple):
    kind: str
    text: str


class _Reader:
    """Reads one function in order of its source."""

    SKIPPED = ("ctx", "kind", "type_comment", "simple")
    NAMES = ("id", "arg", "name", "names", "rest", "asname")

    def __init__(self, function: FunctionNode) -> None:
        self.nodes = 0
        self._ranks: dict[str, str] = {}
        self._bound = {
            item.arg if isinstance(item, ast.arg) else item.id
            for item in ast.walk(function)
            if isinstance(item, ast.arg)
            or (isinstance(item, ast.Name) and not isinstance(item.ctx, ast.Load))
        }

    def read_all(self, body: Sequence[ast.AST]) -> Iterator[str | _Constant]:
        """Read statements."""
        for item in body:
            if not _is_silent(item):
                yield from self._read(item)

    def _read(self, node: ast.AST) -> Iterator[str | _Constant]:
        self.nodes += 1
        if isinstance(node, ast.Constant):
            kind = type(node.value).__name__
            yield _Constant(kind, f"{kind} {node.value!r}")
            return
        if (
            isinstance(node, ast.AnnAssign)
            and node.value is not None
            and _is_plain(node.annotation)
        ):
            node = ast.Assign(targets=[node.target], value=node.value)
        yield f"({type(node).__name__}"
        for name, value in ast.iter_fields(node):
            if name not in self.SKIPPED:
                yield from self._field(node, name, value)
        yield ")"

    def _field(self, node: ast.AST, name: str, value: object) -> Iterator[str | _Constant]:
        if name in ("annotation", "returns") and isinstance(value, ast.AST) and _is_plain(value):
            return
        if isinstance(value, ast.AST):
            yield from self._read(value)
        elif isinstance(value, list):
            yield "["
            for item in value:
                if isinstance(item, ast.AST):
                    yield from self.read_all([item])
                else:
                    yield self._name(str(item)) if isinstance(item, str) else repr(item)
            yield "]"
        elif isinstance(value, str) and name in self.NAMES and not isinstance(node, ast.keyword):
            yield value if isinstance(node, ast.alias) and name == "name" else self._name(value)
        elif name != "asname":
            yield repr(value)

    def _name(self, name: str) -> str:
        if name in STEADY or (name in BUILTINS and name not in self._bound):
            return name
        return self._ranks.setdefault(name, f"v{len(self._ranks)}")


def _is_silent(node: ast.AST) -> bool:
    """A docstring, or the bare annotation of a name: says nothing of what is computed."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return isinstance(node.value.value, str)
    return (
        isinstance(node, ast.AnnAssign)
        and node.value is None
        and isinstance(node.target, ast.Name)
        and node.target.id not in STEADY
        and _is_plain(node.annotation)
    )


def _is_plain(annotation: ast.AST) -> bool:
    """Whether an annotation has nothing that a skeleton shows: names, subscripts, texts, None."""
    return all(_is_unseen(item) for item in ast.walk(annotation))


def _is_unseen(item: ast.AST) -> bool:
    if isinstance(item, ast.Name):
        return item.id not in STEADY
    if isinstance(item, ast.Constant):
        return item.value is None or isinstance(item.value, str)
    if isinstance(item, ast.BinOp):
        return isinstance(item.op, ast.BitOr)
    unseen = (ast.Subscript, ast.Tuple, ast.List, ast.BitOr, ast.expr_context)
    return isinstance(item, unseen)


def _significant(token: str) -> str:
    if not token or token in SILENT:
        return ""
    if token.isidentifier():
        return KEYWORDS.get(token) or (token if token in STEADY else "")
    if token[0].isdigit() or token[1:2].isdigit():
        return NUMBER
    if token[0] == ".":
        return "." + token[1:].lstrip("\\ \t\r\n\f")
    return token


def _functions_of(index: int, task: Task, config: AstConfig) -> Iterator[Known]:
    """Give the functions that a solution adds; a helper that the prompt has whole is no answer."""
    given = {one.shape.masked for one in _functions_in(index, task.prompt_code)}
    for one in _functions_in(index, task.canonical_solution):
        large = one.shape.nodes >= min(config.min_nodes, config.min_nodes_exact)
        telling = len(one.skeleton) >= config.min_tokens
        if large and telling and one.shape.masked not in given:
            yield one


def _functions_in(index: int, program: str) -> Iterator[Known]:
    tree = parse(program)
    for node in functions(tree) if tree is not None else ():
        text = ast.get_source_segment(program, node) or program
        yield Known(index, shape_of(node), text, skeleton(_body(program, node)))


def _body(program: str, node: FunctionNode) -> str:
    """Source of a function from its first statement that computes something."""
    first = next((item for item in node.body if not _is_silent(item)), None)
    if first is None:
        return ""
    lines = program.encode("utf-8").splitlines(keepends=True)
    found = lines[first.lineno - 1 : node.end_lineno]
    found[-1] = found[-1][: node.end_col_offset]
    found[0] = found[0][first.col_offset :]
    return b"".join(found).decode("utf-8", errors="replace")


def _agreement(left: Shape, right: Shape) -> float:
    """Share of the nodes that are equal; only constants can differ."""
    pairs = zip(left.constants, right.constants, strict=True)
    return 1 - sum(one != other for one, other in pairs) / left.nodes


def _as_text(row: Sequence[int]) -> str:
    return "".join(map(chr, row))
