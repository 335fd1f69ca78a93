"""Top-level functions of a file, each with the imports that it needs."""

import ast
import builtins
import io
import symtable
import tokenize
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from codepref.records import content_id
from codepref.seeds.sources import SourceFile
from codepref.syntax import FunctionNode

BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True)
class Import:
    """One imported name: `from module import name as bound`, or `import module as bound`."""

    module: str
    name: str | None
    bound: str

    @property
    def statement(self) -> str:
        """The statement that imports this name alone."""
        if self.name is not None:
            alias = f" as {self.bound}" if self.bound != self.name else ""
            return f"from {self.module} import {self.name}{alias}"
        alias = f" as {self.bound}" if self.bound != self.module.split(".")[0] else ""
        return f"import {self.module}{alias}"


@dataclass(frozen=True)
class Function:
    """One function of a file.

    Attributes:
        text: its source with decorators, without the imports.
        available: imports at the top level of its module.
        taken: names that its module itself binds: to no import, or to a relative one.
        inferred: imports that its module does not have.
    """

    node: FunctionNode
    text: str
    file: SourceFile
    available: tuple[Import, ...]
    taken: frozenset[str]
    inferred: tuple[Import, ...] = ()

    @property
    def name(self) -> str:
        """The function's name."""
        return self.node.name

    @property
    def n_lines(self) -> int:
        """Lines of its source, decorators included."""
        return self.text.count("\n") + 1

    @cached_property
    def docstring(self) -> str:
        """Its docstring, cleaned of indentation; "" if it has none."""
        return ast.get_docstring(self.node) or ""

    @cached_property
    def outer_names(self) -> frozenset[str]:
        """Names that it takes from outside, less itself and builtins that its module leaves be."""
        rebound = self.taken | {item.bound for item in self.available}
        return frozenset(_global_names(_scopes(self.text))) - (BUILTINS - rebound) - {self.name}

    @cached_property
    def needed(self) -> tuple[Import, ...]:
        """Imports that it uses, of its module and inferred, sorted by statement."""
        used = {item.bound: item for item in self.available if item.bound in self.outer_names}
        same_root = [
            item
            for item in self.available
            if item.name is None and used.get(item.bound, item).name is None
        ]  # `import a.b` and `import a.c` both bind `a`
        kept = {*self.inferred, *used.values(), *(item for item in same_root if item.bound in used)}
        return tuple(sorted(kept, key=lambda item: item.statement))

    @property
    def inferable(self) -> frozenset[str]:
        """Names that nothing in its module gives, an import under a condition aside."""
        return frozenset(self.undefined) - self.taken

    @cached_property
    def undefined(self) -> list[str]:
        """Names it takes from outside that no import of its module gives, sorted."""
        return sorted(self.outer_names - {item.bound for item in self.needed})

    @cached_property
    def code(self) -> str:
        """Self-contained source: the imports it needs, then the function."""
        head = "\n".join(item.statement for item in self.needed)
        return f"{head}\n\n\n{self.text}\n" if head else f"{self.text}\n"

    @cached_property
    def modules(self) -> list[str]:
        """Top-level modules it imports, above it or inside it, sorted."""
        inside = imports_of(ast.walk(self.node))
        return sorted({item.module.split(".")[0] for item in (*self.needed, *inside)})

    @cached_property
    def seed_id(self) -> str:
        """Content id of the code."""
        return content_id(self.code)

    def returns_value(self) -> bool:
        """Whether a `return` of this very function gives a value; nested ones do not count."""
        return any(
            isinstance(node, ast.Return) and node.value is not None
            for node in _own_nodes(self.node)
        )

    def n_arguments(self) -> int:
        """Parameters of any kind, *args and **kwargs included."""
        arguments = self.node.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        return len(named) + (arguments.vararg is not None) + (arguments.kwarg is not None)

    def comments(self) -> list[str]:
        """Its comments, found as tokens and so never inside a string."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text + "\n").readline)
        return [token.string for token in tokens if token.type == tokenize.COMMENT]


def find_functions(file: SourceFile) -> list[Function]:
    """Give every top-level function of a file, in order of line.

    Raises:
        SyntaxError: the file is no valid Python of the running version.
    """
    tree = parse(file.text)
    # Refuses what parses but would not compile, such as a repeated argument.
    scope = _scopes(file.text)
    lines = file.text.split("\n")
    available = tuple(imports_of(iter(tree.body)))
    taken = frozenset(_taken(tree, scope))
    return [
        Function(node=node, text=_source(node, lines), file=file, available=available, taken=taken)
        for node in tree.body
        if isinstance(node, FunctionNode)
    ]


def parse(text: str) -> ast.Module:
    """Parse Python; what else the parser may raise becomes a SyntaxError."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # escapes that a later Python will refuse
        try:
            return ast.parse(text)
        except (ValueError, RecursionError, MemoryError) as error:  # null byte, deep nesting
            raise SyntaxError(str(error) or type(error).__name__) from error


def imports_of(nodes: Iterator[ast.AST]) -> Iterator[Import]:
    """Give what these statements import; a relative or starred import says too little to keep."""
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.split(".")[0]
                yield Import(module=alias.name, name=None, bound=bound)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module != "__future__":
            for alias in node.names:
                if alias.name != "*":
                    bound = alias.asname or alias.name
                    yield Import(module=node.module or "", name=alias.name, bound=bound)


def _scopes(text: str) -> symtable.SymbolTable:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return symtable.symtable(text, "<text>", "exec")
        except RecursionError as error:
            raise SyntaxError("nested too deeply") from error


def _taken(tree: ast.Module, scope: symtable.SymbolTable) -> Iterator[str]:
    for symbol in scope.get_symbols():
        if symbol.is_assigned():
            yield symbol.get_name()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield from (alias.asname or alias.name for alias in node.names)


def _source(node: FunctionNode, lines: list[str]) -> str:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return "\n".join(lines[first - 1 : node.end_lineno])


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    waiting = list(ast.iter_child_nodes(node))
    while waiting:
        child = waiting.pop()
        yield child
        if not isinstance(child, FunctionNode | ast.Lambda | ast.ClassDef):
            waiting += ast.iter_child_nodes(child)


def _global_names(table: symtable.SymbolTable) -> Iterator[str]:
    at_top = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_referenced() if at_top else symbol.is_global():
            yield symbol.get_name()
    for child in table.get_children():
        yield from _global_names(child)
