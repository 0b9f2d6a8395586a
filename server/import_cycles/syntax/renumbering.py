"""Gives the summary of an edited text the numbers of the one before, wherever the same code stands.

See `import_cycles.syntax.numbering`. Which codes and marks are the same is found by comparing the
module's own statements from both ends, and what is left by kind and name. It need not be found: any
numbers are right that are in the order of the text. What differs under its old number counts as
changed, and so does a number that comes or goes.

A function with as many codes in it as before keeps the numbers of all of them.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from operator import is_
from typing import Any, Final

from import_cycles.base.record import record, replace
from import_cycles.syntax import steps as s
from import_cycles.syntax.lower import Marks, WaitingBody, WaitingMarks
from import_cycles.syntax.numbering import STEP, even_number
from import_cycles.syntax.summarize import Summarized

MOST_MARKS: Final = 20_000
"""Texts with more marks outside of functions are tables; to compare them would cost more than it saves."""


def renumbered(old: Summarized, new: Summarized) -> Summarized:
    """The new summary with the numbers that its codes and marks had in the old one.

    What is new has numbers in between; where there is no room for them, the new summary itself is
    returned. Its numbers must be even. Cost: a walk over the module's own statements, none if both
    have even numbers, and equally many.
    """
    before, after = _numbers_of(old), _numbers_of(new)
    if before.are_even and before.lengths == after.lengths:
        return new
    if not new.exact or max(*before.lengths, *after.lengths) > MOST_MARKS:
        return new
    old_body, new_body = old.summary.codes[0].body, new.summary.codes[0].body
    same = _Same()
    same.compare_blocks(old_body, new_body)
    same.compare_hints(old.summary.hints, new.summary.hints)
    marks = _placed([[mark] for mark in after.marks], {}, same.marks)
    functions = _grouped(after.codes[1:], new_body)
    old_functions = {each[0]: each for each in _grouped(before.codes[1:], old_body)}
    codes = _placed(functions, old_functions, same.codes)
    if marks is None or codes is None:
        return new
    if all(number == old for each in (marks, codes) for number, old in each.items()):
        return new
    return _with_numbers(new, marks, {0: 0, **codes}, {each[-1] for each in functions})


@record
class _Numbers:
    codes: Sequence[int]
    marks: Sequence[int]
    """Those of the module's own code."""
    are_even: bool

    @property
    def lengths(self) -> tuple[int, int]:
        return len(self.codes), len(self.marks)


def _numbers_of(summarized: Summarized) -> _Numbers:
    summary, own = summarized.summary, summarized.marks[0]
    n_marks = len(own) // 4 if isinstance(own, array) else 0
    return _Numbers(
        summary.numbers or [*map(even_number, range(len(summary.codes)))],
        summarized.own_marks or [*map(even_number, range(1, n_marks + 1))],
        not (summary.numbers or summarized.own_marks),
    )


# --- what is the same ------------------------------------------------------------------------


class _Same:
    """The old numbers of marks and of codes outside of functions, by their numbers in the new text."""

    def __init__(self) -> None:
        self.marks: dict[int, int] = {}
        self.codes: dict[int, int] = {}

    def compare_blocks(self, old: s.Block, new: s.Block) -> None:
        """Note what is the same in two versions of a block."""
        shorter = min(len(old), len(new))
        start = 0
        while start < shorter and self._are_alike(old[start], new[start]):
            start += 1
        end = 0
        while end < shorter - start and self._are_alike(old[-1 - end], new[-1 - end]):
            end += 1
        left = deque(old[start : len(old) - end])
        for step in new[start : len(new) - end]:
            key = _key(step)
            place = next((i for i, each in enumerate(left) if key and _key(each) == key), None)
            if place is not None:
                for _ in range(place):
                    left.popleft()
                self._compare(left.popleft(), step)

    def compare_hints(self, old: Iterable[s.Hints], new: Iterable[s.Hints]) -> None:
        """Note the marks of annotations that are kept as texts."""
        known = {(each.code, each.mark): each for each in old}
        for each in new:
            mark = self.marks.get(each.mark, each.mark)
            before = known.get((self.codes.get(each.code, each.code), mark))
            if before is not None and [h[:2] for h in before.annotations] == [
                h[:2] for h in each.annotations
            ]:
                for (*_, old_mark), (*_, new_mark) in zip(
                    before.annotations, each.annotations, strict=True
                ):
                    self.marks[new_mark] = old_mark

    def _compare(self, old: s.Step, new: s.Step) -> None:
        """The same for two versions of one statement."""
        if self._are_alike(old, new):
            return
        for name in type(new).__match_args__:
            before, after = getattr(old, name), getattr(new, name)
            if name in _BLOCKS:
                self.compare_blocks(before, after)
            elif name == _CODE:
                self.codes[after] = before
            elif name == _MARK:
                self.marks[after] = before
            else:
                self._are_alike(before, after)

    def _are_alike(self, old: object, new: object) -> bool:
        """Whether two things are the same but for numbers; if so, their numbers are noted."""
        marks: list[tuple[int, int]] = []
        codes: list[tuple[int, int]] = []
        pending: list[tuple[Any, Any]] = [(old, new)]
        while pending:
            before, after = pending.pop()
            if before.__class__ is not after.__class__:
                return False
            if isinstance(after, tuple):
                if len(before) != len(after):
                    return False
                pending += zip(before, after, strict=True)
                continue
            names = getattr(after, "__match_args__", None)
            if names is None:
                if before != after:
                    return False
                continue
            for name in names:
                one, other = getattr(before, name), getattr(after, name)
                if name == _MARK:
                    marks.append((other, one))
                elif name == _CODE:
                    codes.append((other, one))
                elif name == _MARKS:
                    if len(one) != len(other):
                        return False
                    marks += zip(other, one, strict=True)
                elif name != _IMPORT:
                    pending.append((one, other))
        self.marks.update(marks)
        self.codes.update(codes)
        return True


def _key(step: s.Step) -> object:
    """Two versions of a statement have the same; None if that is not clear from one alone."""
    match step:
        case s.DefineFunction(name=name) | s.DefineClass(name=name):
            return type(step), name
        case s.Assign(targets=(s.NameTarget(name=name), *_)):
            return type(step), name
        case s.AnnotatedAssign(target=s.NameTarget(name=name)):
            return type(step), name
        case s.If() | s.Try() | s.With() | s.For():
            return type(step)
        case _:
            return None


_MARK: Final = "mark"
_MARKS: Final = "decorator_marks"
_CODE: Final = "code"
_IMPORT: Final = "import_id"
_BLOCKS: Final = frozenset({"body", "orelse", "finalbody"})


# --- what is in between ----------------------------------------------------------------------


def _grouped(codes: Sequence[int], body: s.Block) -> list[Sequence[int]]:
    """The numbers of each function or lambda outside of functions, with those of the codes in it."""
    outer = {*_codes_in(body)}
    # What is nested too deeply has codes that no step names.
    starts = [index for index, number in enumerate(codes) if number in outer or not index]
    ends = [*starts, len(codes)][1:]
    return [codes[start:end] for start, end in zip(starts, ends, strict=True)]


def _codes_in(thing: object) -> Iterator[int]:
    pending: list[Any] = [thing]
    while pending:
        each = pending.pop()
        if isinstance(each, tuple):
            pending += each
            continue
        for name in getattr(each, "__match_args__", ()):
            part = getattr(each, name)
            if name == _CODE:
                yield part
            else:
                pending.append(part)


def _placed(
    groups: Sequence[Sequence[int]],
    old_groups: Mapping[int, Sequence[int]],
    same: Mapping[int, int],
) -> dict[int, int] | None:
    """The numbers by those in the new text, in the same order; None if there is no room.

    A group keeps its old number if its first is the `same`, and all of them if it is as large as before.
    """
    found: dict[int, int] = {}
    last = 0
    waiting: list[int] = []
    for group in groups:
        first = same.get(group[0])
        if first is None or first <= last:
            waiting += group
            continue
        if not _put_between(last, first, waiting, found):
            return None
        old = old_groups.get(first, [first])
        kept = old if len(old) == len(group) else [first]
        found.update(zip(group, kept, strict=False))
        waiting = [*group[len(kept) :]]
        last = kept[-1]
    _put_between(last, last + STEP * (len(waiting) + 1), waiting, found)
    return found


def _put_between(first: int, last: int, waiting: Sequence[int], found: dict[int, int]) -> bool:
    """Give numbers between two others, at even distances; False if there is no room."""
    distance = (last - first) // (len(waiting) + 1)
    for count, number in enumerate(waiting, 1):
        found[number] = first + count * distance
    return distance > 0


# --- the summary with these numbers ----------------------------------------------------------


def _with_numbers(
    new: Summarized, marks: Mapping[int, int], codes: Mapping[int, int], lasts: Set[int]
) -> Summarized:
    """`lasts` are the codes with which a function and what is in it ends."""
    summary = new.summary
    own, *others = summary.codes
    moved = _Moved(marks, codes)
    made = [replace(own, body=moved.of(own.body))]
    places: list[Marks] = [new.marks[0]]
    of_functions = _Moved({}, codes)
    for index, code in enumerate(others, 1):
        place, number = new.marks[index], even_number(index)
        body = code.waiting
        if not isinstance(body, WaitingBody):
            steps = of_functions.of(code.body)
            made.append(code if steps is code.body else replace(code, body=steps))
        elif body.number == number and number not in lasts:
            # There are codes in it.
            distance = codes[even_number(index + 1)] - codes[number]
            body = replace(body, number=codes[number], step=distance)
            if isinstance(place, WaitingMarks):
                place = replace(place, body=body)
            made.append(
                s.waiting_code(code.name, code.parameters, code.global_names, code.is_async, body)
            )
        else:
            made.append(code)
        places.append(place)
    renumbered = replace(
        summary,
        codes=tuple(made),
        imports=tuple(
            each if codes[each.code] == each.code else replace(each, code=codes[each.code])
            for each in summary.imports
        ),
        hints=tuple(map(moved.hints, summary.hints)),
        numbers=tuple(codes.values()),
    )
    return replace(new, summary=renumbered, marks=tuple(places), own_marks=tuple(marks.values()))


class _Moved:
    """Makes plain data with other numbers; what has none is the same object."""

    def __init__(self, marks: Mapping[int, int], codes: Mapping[int, int]) -> None:
        self._marks = marks
        self._codes = codes

    def of(self, thing: Any) -> Any:
        """The thing with other numbers."""
        if isinstance(thing, tuple):
            parts = [self.of(each) for each in thing]
            is_same = all(map(is_, parts, thing))
            return thing if is_same else tuple(parts)
        names = getattr(thing, "__match_args__", None)
        if not names:
            return thing
        old = [getattr(thing, name) for name in names]
        new = [self._field(name, each) for name, each in zip(names, old, strict=True)]
        return thing if all(map(is_, new, old)) else type(thing)(*new)

    def _field(self, name: str, value: Any) -> Any:
        if name == _MARK:
            return self._marks.get(value, value)
        if name == _CODE:
            return self._codes[value]
        if name == _MARKS:
            return tuple(self._marks.get(each, each) for each in value) if value else value
        return self.of(value)

    def hints(self, hints: s.Hints) -> s.Hints:
        """Annotations with other numbers."""
        return s.Hints(
            self._codes[hints.code],
            self._marks.get(hints.mark, hints.mark),
            tuple((name, text, self._marks[mark]) for name, text, mark in hints.annotations),
        )
