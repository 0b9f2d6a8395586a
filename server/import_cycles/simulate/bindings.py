"""The statements from which a name of a module may have its value, going by the summary alone.

Several statements can bind one name: the branches of a test, a `try` and its handlers, a loop, a
function that declares it `global`. `ModuleBindings.reaching` gives those whose value can be there
in the end, as a compiler finds the definitions that reach a place. It goes through the statements
from the last one, and stops where one surely binds the name. A `Judge` answers what the text does
not tell, such as whether a test holds.
Tests: tests/unit/test_reaching.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from import_cycles.base.exhaustive import MissingCaseError
from import_cycles.base.names import ModuleName
from import_cycles.base.record import entity, field, record
from import_cycles.syntax import steps as s
from import_cycles.syntax.bound_names import (
    STAR,
    assigned_inside,
    bindings,
    imported_names,
    unbound,
)
from import_cycles.syntax.imports import ImportFlag, When
from import_cycles.syntax.walk import (
    Role,
    blocks,
    every_expression,
    every_step,
    expressions,
    steps_of_scope,
)


class Judge(Protocol):
    """Answers questions that the text of a module alone leaves open."""

    def truth(self, test: s.Expression) -> bool | None:
        """Whether a test holds; None when that is not known."""
        ...

    def may_fail(self, block: s.Block) -> bool:
        """Whether a statement of a block can raise an exception that a handler would catch."""
        ...

    def brings(self, star: s.Import, name: str) -> bool | None:
        """Whether a star-import binds a name; None when that is not known."""
        ...


@record
class Way:
    """A step that gives a name its value: that of an expression, if `value` is one."""

    step: s.Step
    value: s.Expression | None


@entity
class ModuleBindings:
    """Where one module binds its names. Cost: a walk over its body, when it is first asked."""

    summary: s.ModuleSummary
    _places: dict[int, Mapping[str, list[int]]] = field(default_factory=dict)
    _setters: dict[str, list[int]] | None = None

    def reaching(self, name: str, judge: Judge, *, at_any_time: bool = False) -> list[Way]:
        """The steps of the module from which its name may have its value once it has loaded.

        With `at_any_time`, also those whose value another one replaces. Empty if the module itself
        does not bind the name, or unbinds it. See also `setters`.
        """
        reach = _Reach(self, name, judge, keeps_all=at_any_time)
        reach.block(self.summary.codes[0].body)
        return reach.ways

    def reaching_through(self, step: s.Step, name: str, judge: Judge) -> tuple[list[Way], bool]:
        """The same for the time after one step, and whether nothing from before remains."""
        reach = _Reach(self, name, judge)
        is_replaced = reach.step(step)
        return reach.ways, is_replaced

    def may_change(self, name: str) -> bool:
        """Whether a name that the module binds may have several values while it loads."""
        body = self.summary.codes[0].body
        found = self.places(body).get(name, ())
        return (len(found) > 1 or (len(found) == 1 and bool(blocks(body[found[0]])))) or bool(
            self.setters(name)
        )

    def setters(self, name: str) -> list[int]:
        """The functions, by number, that declare a name `global`: they may bind it at any time."""
        if self._setters is None:
            self._setters = {}
            for number, code in self.summary.numbered():
                for declared in code.global_names if number else ():
                    self._setters.setdefault(declared, []).append(number)
        return self._setters.get(name, [])

    @property
    def has_stars(self) -> bool:
        """Whether a star-import may bind names of the module."""
        return STAR in self.places(self.summary.codes[0].body)

    def places(self, block: s.Block) -> Mapping[str, list[int]]:
        """For each name the places in a block of the steps that may bind or unbind it.

        A step counts for everything inside it. The name `*` stands for star-imports.
        """
        known = self._places.get(id(block))
        if known is None:
            found: dict[str, list[int]] = {}
            for place, step in enumerate(block):
                for name in self.names(step):
                    places = found.setdefault(name, [])
                    if not places or places[-1] != place:
                        places.append(place)
            known = self._places[id(block)] = found
        return known

    def names(self, step: s.Step) -> Iterable[str]:
        """The names that a step may bind or unbind in its scope, in the order of the text."""
        if isinstance(step, s.Import):
            record = self.summary.imports[step.import_id]
            return () if record.when is When.TYPING else imported_names(record)
        own = [each.name for each in bindings(step, self.summary.imports)]
        inner = blocks(step)
        if not inner:
            return own + unbound(step)
        names = dict.fromkeys(own)
        for role, block in inner:
            if role is not Role.CLASS:
                names.update(dict.fromkeys(self.places(block)))
            elif self._declared:
                names.update(dict.fromkeys(self._declared & self.places(block).keys()))
        return names

    @property
    def _declared(self) -> frozenset[str]:
        """Names that a class body of the module declares `global`."""
        return self.summary.codes[0].global_names

    def is_for_typing(self, step: s.Import) -> bool:
        """Whether an import never executes."""
        return self.summary.imports[step.import_id].when is When.TYPING


@entity
class Bindings:
    """The bindings of modules, made once per summary."""

    _known: dict[ModuleName, ModuleBindings] = field(default_factory=dict)

    def of(self, name: ModuleName, summary: s.ModuleSummary) -> ModuleBindings:
        """Those of a module with this summary."""
        known = self._known.get(name)
        if known is None or known.summary is not summary:
            known = self._known[name] = ModuleBindings(summary)
        return known


class _Reach:
    """Collects the ways to one name, going backwards.

    Methods return whether the steps that they have seen surely bind or unbind the name, or never
    end in the usual way: then nothing before them reaches the end. `_keeps_all` is for blocks that
    can be left in the middle, or run several times: there no step hides another.
    """

    def __init__(
        self, module: ModuleBindings, name: str, judge: Judge, *, keeps_all: bool = False
    ) -> None:
        self._module = module
        self._imports = module.summary.imports
        self._name = name
        self._judge = judge
        self._keeps_all = keeps_all
        self.ways: list[Way] = []

    def block(self, block: s.Block) -> bool:
        """Look at a block."""
        if not self._keeps_all and _ends(block):
            return True
        return any(self.step(step) and not self._keeps_all for step in self._steps(block))

    def _steps(self, block: s.Block) -> Iterator[s.Step]:
        places = self._module.places(block)
        found = places.get(self._name, [])
        stars = places.get(STAR)
        if stars:
            found = sorted({*found, *stars})
        return (block[place] for place in reversed(found))

    def _all_of(self, block: s.Block) -> None:
        saved, self._keeps_all = self._keeps_all, True
        self.block(block)
        self._keeps_all = saved

    def step(self, step: s.Step) -> bool:
        """Look at one step with all that is in it."""
        match step:
            case s.Import():
                return self._import(step)
            case s.Delete():
                return self._own(step) or self._name in unbound(step)
            case s.If():
                return self._if(step) or self._own(step)
            case s.While():
                self._all_of(step.orelse)
                self._all_of(step.body)
                return self._own(step)
            case s.For():
                self._all_of(step.orelse)
                self._all_of(step.body)
                return self._own(step)
            case s.With():
                # The context may swallow an exception in the middle.
                self._all_of(step.body)
                return self._own(step)
            case s.Match():
                return self._match(step)
            case s.Try():
                return self._try(step)
            case s.DefineClass():
                if self._own(step):
                    return True
                if self._name in self._module.summary.codes[0].global_names:
                    self._all_of(step.body)
                return False
            case (
                s.Evaluate()
                | s.Assign()
                | s.AugmentedAssign()
                | s.AnnotatedAssign()
                | s.DefineFunction()
                | s.DefineTypeAlias()
                | s.Raise()
                | s.Assert()
                | s.Return()
                | s.Break()
                | s.Continue()
            ):
                return self._own(step)
            case _:
                raise MissingCaseError(step)

    def _own(self, step: s.Step) -> bool:
        found = [each for each in bindings(step, self._imports) if each.name == self._name]
        for binding in reversed(found):
            self.ways.append(Way(step, binding.value))
            if binding.is_sure and not self._keeps_all:
                return True
        return False

    def _import(self, step: s.Import) -> bool:
        if self._module.is_for_typing(step):
            return False
        if ImportFlag.STAR not in self._imports[step.import_id].flags:
            return self._own(step)
        brings = self._judge.brings(step, self._name)
        if brings is not False:
            self.ways.append(Way(step, None))
        return bool(brings)

    def _if(self, step: s.If) -> bool:
        known = self._judge.truth(step.test)
        if known is not None:
            return self.block(step.body if known else step.orelse)
        # Both sides must be evaluated, whatever the first one returns.
        answers = [self.block(step.orelse), self.block(step.body)]
        return all(answers)

    def _match(self, step: s.Match) -> bool:
        answers = [self.block(case.body) for case in reversed(step.cases)]
        last = step.cases[-1]
        catches_all = last.guard is None and _is_irrefutable(last.pattern)
        return (all(answers) and catches_all) or self._own(step)

    def _try(self, step: s.Try) -> bool:
        if self.block(step.finalbody):
            return True
        answers = [self.block(step.orelse) or self.block(step.body)]
        if step.handlers and self._judge.may_fail(step.body):
            handled = [self._handler(step, handler) for handler in reversed(step.handlers)]
            if not all(handled):
                self._all_of(step.body)
            answers += handled
        return all(answers)

    def _handler(self, step: s.Try, handler: s.Handler) -> bool:
        caught = () if handler.catches is None else assigned_inside([handler.catches])
        self.ways += [Way(step, each.value) for each in caught if each.name == self._name]
        if handler.name != self._name:
            return self.block(handler.body)
        # The handler alone binds the name, and unbinds it at its end.
        if self._keeps_all:
            self.ways.append(Way(step, None))
            self.block(handler.body)
        return True


def _leaves(step: s.Step) -> bool:
    """Whether what comes after a step is never reached, as far as the text tells."""
    match step:
        case s.Raise() | s.Return() | s.Break() | s.Continue():
            return True
        case s.If():
            return _ends(step.body) and _ends(step.orelse)
        case s.Try():
            is_guarded = all(_ends(handler.body) for handler in step.handlers)
            return _ends(step.finalbody) or (
                is_guarded and (_ends(step.body) or _ends(step.orelse))
            )
        case _:
            return False


def _ends(block: s.Block) -> bool:
    return bool(block) and _leaves(block[-1])


def _is_irrefutable(pattern: s.Pattern) -> bool:
    return isinstance(pattern, s.CapturePattern) and pattern.pattern is None


def bound_in(block: s.Block, summary: s.ModuleSummary) -> Iterator[tuple[str, s.Step]]:
    """The names that a block of a module's own scope may bind, STAR among them, each with its step."""
    for step in steps_of_scope(block):
        if isinstance(step, s.Import) and summary.imports[step.import_id].when is When.TYPING:
            continue
        for binding in bindings(step, summary.imports):
            yield binding.name, step


def mentions(block: s.Block, text: str) -> bool:
    """Whether a literal in a block, or a name that it binds, reads like this.

    Functions are not searched; decorators and arguments of registering calls are.
    """
    for step in every_step(block):
        if not isinstance(step, s.Import) and any(
            binding.name == text for binding in bindings(step, ())
        ):
            return True
        if any(
            isinstance(each, s.Constant) and each.value == text
            for each in every_expression(expressions(step))
        ):
            return True
    return False
