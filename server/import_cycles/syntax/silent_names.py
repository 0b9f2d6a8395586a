"""Names that come to a module, or leave it, without changing anything else that loading it does.

A function that is added to a module is called by nobody yet. Loading the module binds one more name, and
what runs while modules load can notice that in two ways only: it spells the name, or it looks at
all names of the module (`dir`, a star-import, an item of `globals()`). So the edit makes no more
stale than what does one of these.

A word that is spelled in another module need not be the name: there it can be the name of a parameter, or
stand in a comment. What counts is an attribute, an import, or a text in which it stands like an attribute. But for
code from outside that gets the functions of other modules, any word of theirs may lead to the
name (`import_cycles.simulate.unseen`). That does not matter if the name is inert: if what it stands for names
nothing of its module.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final
from unicodedata import is_normalized, normalize

from import_cycles.base.record import record
from import_cycles.libraries.builtin_names import BUILTIN_NAMES
from import_cycles.syntax import steps as s
from import_cycles.syntax.bound_names import bindings
from import_cycles.syntax.imports import ImportFlag, ImportRecord
from import_cycles.syntax.walk import evaluated_annotations, expressions


@record
class SilentNames:
    """What `silent_names` found: the names, and the summaries of before and after without them."""

    names: frozenset[str]
    others: tuple[object, ...]
    """The parts of both summaries that may speak of the names."""
    are_inert: bool
    """Whether the bodies of the functions among them speak of no name of the module."""

    @property
    def are_mentioned_beside(self) -> bool:
        """Whether the rest of the module speaks of one. Cost: a walk over the module's own code."""
        return any(_mentions(each, self.names) for each in self.others)


def silent_names(before: s.ModuleSummary, after: s.ModuleSummary) -> SilentNames | None:
    """The names by which the own code of a module differs; None if it differs in more than that.

    It does if something else runs, or if codes or marks that were there have other numbers.
    """
    if (
        before.imports != after.imports
        or before.all_names != after.all_names
        or before.future_annotations != after.future_annotations
    ):
        return None
    old, new = before.codes[0], after.codes[0]
    if old.global_names != new.global_names:
        return None
    start, end = _common(old.body, new.body)
    parts = (
        (before, old.body[start : len(old.body) - end]),
        (after, new.body[start : len(new.body) - end]),
    )
    names: set[str] = set()
    are_inert = True
    others: list[object] = [before.imports]
    for summary, steps in parts:
        if not all(_binds_silently(step, summary) for step in steps):
            return None
        names.update(each.name for step in steps for each in bindings(step, summary.imports))
        own = {0, *_codes(steps)}
        are_inert = are_inert and all(_is_inert(number, summary) for number in own if number)
        others += (code for number, code in summary.numbered() if number not in own)
    others += (old.body[:start], old.body[len(old.body) - end :])
    is_rest_equal = old.local_names - names == new.local_names - names
    if not names or not is_rest_equal or any(map(_is_special, names)):
        return None
    return SilentNames(frozenset(names), tuple(others), are_inert)


def text_mentions(text: str, names: Iterable[str]) -> bool:
    """Whether a text may spell one of these names. Cost: a search for each."""
    if not text.isascii() and not is_normalized("NFKC", text):
        # Python reads names in normal form.
        text += normalize("NFKC", text)
    return any(name in text and re.search(rf"(?<!\w){name}(?!\w)", text) for name in names)


def summary_mentions(summary: s.ModuleSummary, names: frozenset[str]) -> bool:
    """The same for the text of a summary, at the cost of a walk over what of it is lowered."""
    return _mentions(summary.imports, names) or any(
        _mentions(each, names) for each in summary.codes
    )


def may_ask_for(summary: s.ModuleSummary, names: frozenset[str]) -> bool:
    """Whether code of a module may ask another one for one of these names.

    By an attribute, also in a text, or an import; with star-imports, by any word. Cost: a search of its functions,
    and a walk over those that spell a name, which are lowered for it.
    """
    told = *summary.chains, *summary.taken, *(summary.all_names or ())
    return (
        any(_imports(record, names) for record in summary.imports)
        or any(text_mentions(each, names) for each in told)
        or _mentions(summary.hints, names)
        or any(
            _asks(code.body, names)
            for code in summary.codes
            if code.waiting is None or code.waiting.mentions(names)
        )
    )


def _imports(record: ImportRecord, names: frozenset[str]) -> bool:
    return (
        ImportFlag.STAR in record.flags
        or not names.isdisjoint(record.module.split("."))
        or any(each.name in names for each in record.names or ())
    )


def _asks(thing: object, names: frozenset[str]) -> bool:
    """Whether plain data has an attribute of such a name, or a text with one."""
    for each in _every_part(thing):
        match each:
            case s.Constant(value=str(text)) if _asks_in(text, names):
                return True
            case s.Attribute() | s.AttributeTarget() if each.attribute in names:
                return True
            case s.ClassPattern(keywords=keywords) if not names.isdisjoint(dict(keywords)):
                return True
            case s.TooDeep():
                return True
    return False


def _asks_in(text: str, names: frozenset[str]) -> bool:
    """Whether a text may be read as code, or as a path, that asks something for such a name.

    Who asks by the name alone (`getattr`) looks at all names.
    """
    return any(name in text and re.search(rf"[.:]\s*{name}(?!\w)", text) for name in names)


def _is_inert(number: int, summary: s.ModuleSummary) -> bool:
    """Whether a function, and those in it, name nothing that the module has."""
    code = summary.code(number)
    if code.global_names:
        return False
    if code.waiting is not None:
        words = code.waiting.words()
        return "global" not in words and not any(map(summary.may_bind, words))
    for each in _every_part(code.body):
        match each:
            case s.Name(name=word) | s.Attribute(attribute=word) if summary.may_bind(word):
                return False
            case s.DefineFunction() | s.Lambda() if not _is_inert(each.code, summary):
                return False
            case s.TooDeep():
                return False
    return True


def _every_part(thing: object) -> Iterator[object]:
    """The parts of plain data, tuples apart."""
    pending: list[Any] = [thing]
    while pending:
        each = pending.pop()
        if isinstance(each, tuple):
            pending += each
        else:
            yield each
            pending += (getattr(each, name) for name in getattr(each, "__match_args__", ()))


def _common(old: s.Block, new: s.Block) -> tuple[int, int]:
    """How many steps at the start, and how many at the end, are equal."""
    shorter = min(len(old), len(new))
    start = 0
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return start, end


def _codes(steps: Iterable[s.Step]) -> Iterator[int]:
    for step in steps:
        if isinstance(step, s.DefineFunction):
            yield step.code
        elif isinstance(step, s.DefineClass):
            yield from _codes(step.body)


def _binds_silently(step: s.Step, summary: s.ModuleSummary) -> bool:
    match step:
        case s.DefineFunction():
            evaluated = (*expressions(step), *evaluated_annotations(step))
            return all(_is_quiet(each, summary) for each in evaluated)
        case s.Assign(targets=targets, value=value):
            is_plain = all(isinstance(each, s.NameTarget) for each in targets)
            return is_plain and isinstance(value, s.Constant)
        case s.DefineClass(decorators=(), bases=(), keywords=()):
            return all(_binds_silently(each, summary) for each in step.body)
        case _:
            return False


def _is_quiet(expression: s.Expression, summary: s.ModuleSummary) -> bool:
    """Whether evaluating it does nothing: a literal, or a builtin that has its own name."""
    if isinstance(expression, s.Constant):
        return True
    has_stars = any(ImportFlag.STAR in each.flags for each in summary.imports)
    return (
        isinstance(expression, s.Name)
        and expression.name in BUILTIN_NAMES
        and not has_stars
        and not summary.binds(expression.name)
    )


_SPECIAL: Final = re.compile(r"__\w+__")


def _is_special(name: str) -> bool:
    return _SPECIAL.fullmatch(name) is not None


def _mentions(thing: object, names: frozenset[str]) -> bool:
    """Whether a text anywhere in plain data spells a name."""
    pending: list[Any] = [thing]
    while pending:
        each = pending.pop()
        if isinstance(each, str):
            if text_mentions(each, names):
                return True
        elif isinstance(each, s.Code) and each.waiting is not None:
            pending += each.name, each.parameters
            if each.waiting.mentions(names):
                return True
        elif isinstance(each, (tuple, frozenset)):
            pending += each
        else:
            pending += (getattr(each, name) for name in getattr(each, "__match_args__", ()))
    return False
