"""From source text to a summary: what a module does while it loads, and where each bit stands.

`ast` reads everything that the running Python can parse. When it refuses, PEP 810's soft keyword
`lazy` is removed and `ast` is asked again. A text that parses and does not compile is as broken
(`import_cycles.syntax.compiling`). Of a broken file parso reads as much as it can
(`import_cycles.syntax.recover`), so that a half-typed line adds no finding elsewhere.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from import_cycles.base.record import field, record
from import_cycles.base.text import Site
from import_cycles.syntax.chains import dotted_reads
from import_cycles.syntax.comments import read_suppressions
from import_cycles.syntax.compiling import compile_error
from import_cycles.syntax.dunder_all import written_all
from import_cycles.syntax.import_blocks import import_blocks
from import_cycles.syntax.imports import ImportRecord
from import_cycles.syntax.lazy_imports import MisplacedLazyError
from import_cycles.syntax.left_out import without_bodies
from import_cycles.syntax.long_texts import LONG, LONGEST
from import_cycles.syntax.lower import Lowering, Marks, WaitingMarks
from import_cycles.syntax.newer_syntax import reader_of
from import_cycles.syntax.numbering import STEP, index_of
from import_cycles.syntax.parsing import Parsed, Place, parse, parse_quietly, split_lines
from import_cycles.syntax.pieces import Piece, PieceParser, PlacedPiece, may_not_compile, top_level
from import_cycles.syntax.quoted import quoted_names
from import_cycles.syntax.steps import Code, Import, ModuleSummary, Parameters, Suppression
from import_cycles.syntax.sys_modules import may_make_modules, taken_from_modules
from import_cycles.syntax.target import PythonTarget


@record
class SyntaxProblem:
    """Why a text could not be read completely; `line` counts from 0.

    `is_final` is for a mistake that more typing cannot correct: the statement is complete, and may
    not stand there. `is_wrong` is false where another Python may be able to read the text.
    """

    line: int
    message: str
    is_final: bool = False
    is_wrong: bool = True


@record
class Summarized:
    """A summary and the positions that belong to it.

    `sites[i]` is import site `i`. `marks` holds for each code four numbers for each mark: line,
    column, end line, end column, with lines counted from 1; or it gives them when asked.
    `own_marks` are the numbers of the marks of the module's own code, none if they are even.
    `wide_lines` has the text of every line with a site that is not pure ASCII, so that columns
    can be counted in other units. `exact` is False when the text does not parse and the summary
    is the best that is possible.
    """

    summary: ModuleSummary
    sites: tuple[Site, ...] = ()
    marks: tuple[Marks, ...] = ()
    wide_lines: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    problems: tuple[SyntaxProblem, ...] = ()
    exact: bool = True
    own_marks: tuple[int, ...] = ()

    def mark_site(self, code: int, mark: int) -> Site:
        """Where a mark of a code stands."""
        first = 4 * self._mark_index(code, mark)
        line, column, end_line, end_column = self._numbers(code)[first : first + 4]
        return Site(line - 1, column, end_line - 1, end_column)

    def site(self, code: int, number: int) -> Site | None:
        """A mark of a code, or an import site if `code` is negative; None if there is no such."""
        if code < 0:
            return self.sites[number] if number < len(self.sites) else None
        has_code = index_of(code, self.summary.numbers) < len(self.marks)
        if has_code and 4 * self._mark_index(code, number) < len(self._numbers(code)):
            return self.mark_site(code, number)
        return None

    def _mark_index(self, code: int, mark: int) -> int:
        if self.own_marks and not code and mark:
            return index_of(mark, self.own_marks)
        # Where it is not known which one, the number is 0: the first.
        return max(mark // STEP - 1, 0)

    def _numbers(self, code: int) -> array[int]:
        marks = self.marks[index_of(code, self.summary.numbers)]
        return marks.numbers() if isinstance(marks, WaitingMarks) else marks


def summarize(
    text: str,
    target: PythonTarget,
    last_good: Summarized | None = None,
    parser: PieceParser | None = None,
    *,
    leaves_out: bool = False,
) -> Summarized:
    """The summary of a module's text; never raises.

    `last_good` is what the module was before a syntax error came in; its edges are kept where the
    broken text does not tell more. A `parser` that has seen the text before an edit makes it
    cheaper, and changes nothing else. With `leaves_out`, bodies of functions are not parsed if nothing in
    them matters before they are called (`syntax.left_out`): the summary is the same, but a mistake in one is not
    found. Cost: less than twice that of `ast.parse`, and two thirds of that if it leaves out.
    """
    if len(text) > LONGEST:
        return _recover(text, target, _TOO_LONG, None)
    try:
        found = _summarize_short(text, target) if leaves_out and parser is None else None
        if found is not None:
            return found
        if parser is None and len(text) > LONG:
            parser = PieceParser()
        pieces = None if parser is None else parser.parse(text)
        if pieces is not None:
            return _summarize_pieces(text, split_lines(text), pieces, target)
        return _summarize_tree(text, parse(text), target)
    except SyntaxError as error:
        line = max((error.lineno or 1) - 1, 0)
        is_final = isinstance(error, MisplacedLazyError)
        message = (error.msg or "invalid syntax") + reader_of(error)
        problem = SyntaxProblem(line, message, is_final)
    except ValueError as error:
        # A NUL byte.
        problem = SyntaxProblem(0, str(error))
    except (RecursionError, MemoryError):
        message = "it is nested too deeply to be read, so only its imports are known"
        problem = SyntaxProblem(0, message, is_wrong=False)
    return _recover(text, target, problem, last_good)


_TOO_LONG: Final = SyntaxProblem(
    0,
    f"it has more than {LONGEST:,} characters, so only its imports are known",
    is_final=True,
    is_wrong=False,
)


def _summarize_short(text: str, target: PythonTarget) -> Summarized | None:
    """What a text does before its functions are called; None if all of it has to be parsed for that."""
    short = without_bodies(text)
    if short is None or len(short) > LONG:
        return None
    try:
        statements = parse_quietly(short).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    lines = split_lines(text)
    pieces = (PlacedPiece(0, Piece(lines, statements, parsed=short)),)
    lowering = Lowering(target)
    codes, future = lowering.module(pieces)
    if lowering.waits_for_nothing or _may_be_wrong(lowering, pieces, future_annotations=future):
        return None
    return _summarized(text, lines, pieces, lowering, codes, future_annotations=future)


def _summarize_tree(text: str, parsed: Parsed, target: PythonTarget) -> Summarized:
    lines = split_lines(text)
    read_lines = lines if parsed.text is text else split_lines(parsed.text)
    piece = Piece(lines, parsed.tree.body, parsed="\n".join(read_lines), read_lines=read_lines)
    pieces = (PlacedPiece(0, piece),)
    return _summarize_pieces(parsed.text, lines, pieces, target, parsed.lazy_places)


def _summarize_pieces(
    text: str,
    lines: list[str],
    pieces: Sequence[PlacedPiece],
    target: PythonTarget,
    lazy_places: frozenset[Place] = frozenset(),
) -> Summarized:
    """Raises SyntaxError for a text that does not compile."""
    lowering = Lowering(target, lazy_places)
    codes, future = lowering.module(pieces)
    if _may_be_wrong(lowering, pieces, future_annotations=future):
        error = lowering.misplaced_lazy or compile_error(text)
        if error is not None:
            raise error
    return _summarized(text, lines, pieces, lowering, codes, future_annotations=future)


def _may_be_wrong(
    lowering: Lowering, pieces: Sequence[PlacedPiece], *, future_annotations: bool
) -> bool:
    """Whether a text that parses may not compile all the same."""
    return (
        lowering.misplaced_lazy is not None
        or lowering.does_not_compile
        or may_not_compile(pieces, future_annotations=future_annotations)
    )


def _summarized(
    text: str,
    lines: list[str],
    pieces: Sequence[PlacedPiece],
    lowering: Lowering,
    codes: tuple[Code, ...],
    *,
    future_annotations: bool,
) -> Summarized:
    sites, marks = lowering.sites, lowering.marks
    suppressions = read_suppressions(text, lines, lowering.imports, sites)
    all_names = written_all(top_level(pieces))
    quoted = quoted_names(text)
    blocks = import_blocks(text, lines, pieces, lowering.imports, sites)
    summary = ModuleSummary(
        tuple(lowering.imports),
        codes,
        suppressions,
        all_names,
        future_annotations,
        quoted,
        blocks,
        tuple(lowering.hints),
        may_make_modules(text),
        taken_from_modules(text),
        dotted_reads(text, _plainly_bound(lowering.imports)),
    )
    return Summarized(summary, tuple(sites), marks, _wide_lines(text, lines, sites, marks))


def _plainly_bound(imports: Iterable[ImportRecord]) -> list[tuple[str, str]]:
    found = []
    for each in imports:
        if each.names is None and each.module:
            top = each.module.partition(".")[0]
            found.append((top, top) if each.bound_as is None else (each.bound_as, each.module))
    return found


def _wide_lines(
    text: str, lines: list[str], sites: Iterable[Site], marks: Iterable[Marks]
) -> Mapping[int, str]:
    if text.isascii():
        return MappingProxyType({})
    wide = {number for number, line in enumerate(lines) if not line.isascii()}
    used = {line for site in sites for line in (site.line, site.end_line)}
    for numbers in marks:
        if isinstance(numbers, WaitingMarks):
            here = numbers.lines()
            used.update(range(here.start - 1, here.stop - 1))
        else:
            used.update(line - 1 for line in numbers[0::2])
    return MappingProxyType({line: lines[line] for line in sorted(wide & used)})


def _recover(
    text: str, target: PythonTarget, problem: SyntaxProblem, last_good: Summarized | None
) -> Summarized:
    # Imported only now: parso costs a third of the start-up, and most runs need none of it.
    from import_cycles.syntax.recover import recover_imports

    lines = split_lines(text)
    records, sites = recover_imports(text, lines, target)
    is_older_better = last_good is not None and not problem.is_final
    if last_good and is_older_better and not _tells_more(records, last_good.summary.imports):
        return Summarized(
            last_good.summary,
            _moved_sites(last_good, records, sites, len(lines)),
            last_good.marks,
            last_good.wide_lines,
            (problem,),
            exact=False,
            own_marks=last_good.own_marks,
        )
    suppressions: tuple[Suppression, ...] = read_suppressions(text, lines, records, sites)
    body = tuple(Import(number, 0) for number, record in enumerate(records) if record.code == 0)
    code = Code("<module>", Parameters(), body)
    wrong = problem.line + 1
    # The second one is `WRONG_LINE`.
    marks = (array("I", (1, 0, 1, 0, wrong, 0, wrong, 0)),)
    return Summarized(
        ModuleSummary(tuple(records), (code,), suppressions, quoted=quoted_names(text)),
        tuple(sites),
        marks,
        _wide_lines(text, lines, sites, ()),
        (problem,),
        exact=False,
    )


_Asked = tuple[str, int, tuple[str, ...] | None]


def _asked(record: ImportRecord) -> _Asked:
    names = None if record.names is None else tuple(name.name for name in record.names)
    return record.module, record.level, names


def _tells_more(recovered: Iterable[ImportRecord], known: Iterable[ImportRecord]) -> bool:
    written = {_asked(record) for record in known if not record.is_computed}
    return {_asked(record) for record in recovered} > written


def _moved_sites(
    last_good: Summarized, recovered: Iterable[ImportRecord], sites: list[Site], n_lines: int
) -> tuple[Site, ...]:
    """The last good sites, each moved to where the broken text has the same import.

    One that would lie past the end of the text comes to stand at its last line.
    """
    moved = list(last_good.sites)
    found: dict[_Asked, list[ImportRecord]] = {}
    for twin in recovered:
        found.setdefault(_asked(twin), []).append(twin)
    for known in last_good.summary.imports:
        twins = found.get(_asked(known))
        if not twins:
            continue
        twin = twins.pop(0)
        moved[known.site] = sites[twin.site]
        moved[known.statement] = sites[twin.statement]
        for name, twin_name in zip(known.names or (), twin.names or (), strict=True):
            moved[name.site] = sites[twin_name.site]
    last = Site(n_lines - 1, 0, n_lines - 1, 0)
    return tuple(site if site.end_line < n_lines else last for site in moved)
