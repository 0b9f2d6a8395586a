"""Does loading a module do more than define names?

A fix that makes a module load later, or not at all, has visible effects when that module registers
something, uses an unknown decorator, or derives from a class whose metaclass keeps a list. Code
that is not known to be quiet counts as an effect: nothing is safe by assumption. Imports of the
module are not followed: each module answers for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from import_cycles.base.names import ModuleName, dotted_name
from import_cycles.base.record import record
from import_cycles.libraries.builtin_names import BUILTIN_NAMES
from import_cycles.libraries.facts import FIRST, Base, Facts
from import_cycles.libraries.table import facts, is_standard, names_saying
from import_cycles.syntax import steps as s
from import_cycles.syntax.bound_names import binders, names_bound_in
from import_cycles.syntax.main_program import holds_only_for_main
from import_cycles.syntax.steps import ModuleSummary
from import_cycles.syntax.walk import blocks, expressions, parts, targets

SummaryOf = Callable[[ModuleName], "ModuleSummary | None"]
Resolve = Callable[[ModuleName, str, int], "ModuleName | None"]
"""The project module that a dotted name with so many leading dots means to an importer."""


def _methods(names: Iterable[str]) -> frozenset[str]:
    """Methods of builtin types among names of the table, by their last part."""
    found = (name.split(".") for name in names if name.startswith("builtins."))
    return frozenset(parts[2] for parts in found if len(parts) == 3)


_OWN_CHANGES: Final = _methods(names_saying("changes", FIRST))
"""Methods that change what they are called on; quiet when that is the module's own."""
_QUIET_METHODS: Final = _methods(names_saying("is_quiet")) - _OWN_CHANGES
"""Methods of builtin types that change nothing."""

_DEPTH: Final = 8


@record
class _Effect:
    """Something that loading does besides defining names."""

    told: str
    """In prose: a sentence that starts with "it"."""
    may_register: bool = False
    """Whether something may be entered where code outside of the module looks it up."""


def effect_of_loading(module: ModuleName, summary_of: SummaryOf, resolve: Resolve) -> str:
    """The effects of loading a module besides defining names, in prose; empty when none is known."""
    return next((each.told for each in _effects(module, summary_of, resolve)), "")


def registering(module: ModuleName, summary_of: SummaryOf, resolve: Resolve) -> str:
    """As `effect_of_loading`, for effects that code outside of the module may look for.

    Decorators and bases that are not known to be quiet may file what they are given, and so may
    calls whose result is thrown away. Other calls, and changes, count if another module of the
    project has what is called or changed.
    """
    found = _effects(module, summary_of, resolve)
    return next((each.told for each in found if each.may_register), "")


def _effects(module: ModuleName, summary_of: SummaryOf, resolve: Resolve) -> Iterator[_Effect]:
    summary = summary_of(module)
    if summary is None:
        return iter((_Effect("its text is not known", may_register=True),))
    return _Look(module, summary, summary_of, resolve).block(summary.codes[0].body)


def told_effect(module: ModuleName, summary_of: SummaryOf, resolve: Resolve) -> str:
    """What an import that goes has done by loading a module: a caution of a fix."""
    imported = dotted_name(module)
    effect = effect_of_loading(module, summary_of, resolve)
    if not effect:
        return f"this import loads {imported} no more, which only defines names"
    does = effect.removeprefix("it ")
    told = f"of which {effect}" if does == effect else f"which {does} while it loads"
    return f"this import loads {imported} no more, {told}"


class _Look:
    """One module's own scope; its methods yield an effect for each part that is not quiet."""

    def __init__(
        self, module: ModuleName, summary: ModuleSummary, summary_of: SummaryOf, resolve: Resolve
    ) -> None:
        self._module = module
        self._summary = summary
        self._summary_of = summary_of
        self._resolve = resolve
        self._imported: dict[str, str] = {}
        """Dotted origin of each name that an import binds, wherever that stands."""
        self._from_project: dict[str, tuple[ModuleName, str]] = {}
        for each in summary.imports:
            if each.names is None:
                dotted = each.module if each.bound_as else each.module.partition(".")[0]
                self._imported[each.bound_as or dotted] = dotted
                continue
            of = resolve(module, each.module, each.level)
            within = f"{'.' * each.level}{each.module}{'.' if each.module else ''}"
            for name in each.names:
                self._imported[name.bound_as] = f"{within}{name.name}"
                if of is not None:
                    self._from_project[name.bound_as] = (of, name.name)

        self._binders = binders(summary.codes[0].body, summary.imports)

    def _effect(self, does: str, value: s.Expression) -> _Effect:
        is_filing = does not in ("calls", "changes")
        may_register = self._is_from(value, of_project=not is_filing)
        return _Effect(f"it {does} {_told(value)}", may_register)

    def _is_from(self, value: s.Expression, *, of_project: bool) -> bool:
        """Whether an expression starts from a name that another module has."""
        while isinstance(value, s.Attribute | s.Subscript | s.Call):
            value = value.function if isinstance(value, s.Call) else value.value
        name = value.name if isinstance(value, s.Name) else ""
        if name not in self._imported:
            return False
        head = self._imported[name].partition(".")[0]
        is_ours = name in self._from_project or self._resolve(self._module, head, 0) is not None
        return is_ours or not of_project

    # --- statements --------------------------------------------------------------------------

    def block(self, block: s.Block) -> Iterator[_Effect]:
        """The effects of a block's statements besides defining names."""
        for step in block:
            yield from self._step(step)

    def _step(self, step: s.Step) -> Iterator[_Effect]:
        match step:
            case s.DefineFunction():
                yield from self._all([*step.defaults, *step.keyword_defaults])
                yield from self._decorators(step.name, step.decorators)
            case s.DefineClass():
                yield from self._class(step)
            case s.Evaluate(value=s.Call() as call):
                # The result is thrown away: the call is there for its effect.
                for each in self._all([call]):
                    yield _Effect(each.told, may_register=True)
            case s.If() if holds_only_for_main(step.test):
                yield from self.block(step.orelse)
            case s.Raise() | s.Assert():
                # An exception that ends the loading is no effect of it.
                return
            case _:
                yield from self._all(expressions(step))
                for target in targets(step):
                    yield from self._target(target)
                for _, block in blocks(step):
                    yield from self.block(block)

    def _target(self, target: s.Target) -> Iterator[_Effect]:
        match target:
            case s.TupleTarget(items=items):
                for item in items:
                    yield from self._target(item)
            case s.AttributeTarget(value=value) | s.SubscriptTarget(value=value):
                if not self._is_own(value):
                    yield self._effect("changes", value)
            case _:
                return

    def _is_own(self, value: s.Expression) -> bool:
        """Whether a value belongs to the module itself, as far as its name tells."""
        root = _root(value)
        return bool(root) and root not in self._imported

    def _decorators(self, name: str, decorators: Iterable[s.Expression]) -> Iterator[_Effect]:
        for decorator in decorators:
            function = decorator.function if isinstance(decorator, s.Call) else decorator
            if not self._is_quiet_callee(function):
                yield self._effect(f"decorates {name} with", function)
            else:
                yield from self._all(parts(decorator))

    def _class(self, step: s.DefineClass) -> Iterator[_Effect]:
        yield from self._decorators(step.name, step.decorators)
        for base in step.bases:
            if not self._is_quiet_base(base, _DEPTH):
                yield self._effect(f"derives {step.name} from", base)
        for keyword, value in step.keywords:
            if keyword == "metaclass" and not self._is_quiet_metaclass(value):
                yield self._effect(f"makes {step.name} with", value)
        yield from self.block(step.body)

    def _is_quiet_base(self, base: s.Expression, depth: int) -> bool:
        if isinstance(base, s.Subscript):
            return self._is_quiet_base(base.value, depth)
        if isinstance(base, s.Call):
            return self._is_quiet_callee(base.function)
        if isinstance(base, s.Name):
            own = [step for step, _ in self._binders.get(base.name, [])]
            classes = [step for step in own if isinstance(step, s.DefineClass)]
            if classes:
                is_clear = all(isinstance(step, (s.DefineClass, s.Import)) for step in own)
                if not (is_clear and all(self._makes_no_noise(each, depth) for each in classes)):
                    return False
                if len(classes) == len(own):
                    return True
            if base.name in self._from_project:
                module, name = self._from_project[base.name]
                return self._is_quiet_there(module, name, depth)
        dotted = self._dotted(base)
        of, _, name = dotted.rpartition(".")
        there = self._resolve(self._module, of.lstrip("."), len(of) - len(of.lstrip(".")))
        if there is not None:
            return self._is_quiet_there(there, name, depth)
        is_known = dotted in BUILTIN_NAMES or is_standard(dotted)
        return is_known or facts(dotted).is_quiet

    def _is_quiet_metaclass(self, value: s.Expression) -> bool:
        """Whether no code that the table does not know runs when a class has this metaclass."""
        return self._facts(value).base in (Base.INERT, Base.ENUM)

    def _is_quiet_there(self, module: ModuleName, name: str, depth: int) -> bool:
        summary = self._summary_of(module)
        if summary is None or depth == 0:
            return False
        there = _Look(module, summary, self._summary_of, self._resolve)
        return there._is_quiet_base(s.Name(name, 0), depth - 1)

    def _makes_no_noise(self, step: s.DefineClass, depth: int) -> bool:
        """Whether deriving from a class of the project runs nothing of its own."""
        return (
            "__init_subclass__" not in names_bound_in(step.body, self._summary.imports)
            and depth > 0
            and all(
                keyword != "metaclass" or self._is_quiet_metaclass(value)
                for keyword, value in step.keywords
            )
            and all(self._is_quiet_base(base, depth - 1) for base in step.bases)
        )

    # --- expressions -------------------------------------------------------------------------

    def _all(self, values: Iterable[s.Expression | None]) -> Iterator[_Effect]:
        for value in values:
            if value is not None:
                yield from self._expression(value)

    def _expression(self, value: s.Expression) -> Iterator[_Effect]:
        match value:
            case s.Call(function=function):
                if not self._is_quiet_callee(function):
                    yield self._effect("calls", function)
                for changed in self._changed(value):
                    yield self._effect("changes", changed)
            case s.Yield() | s.Await():
                yield _Effect("it waits for something")
            case _:
                pass
        yield from self._all(parts(value))

    def _is_quiet_callee(self, function: s.Expression) -> bool:
        """Whether a call has no effect besides its result and changes of its arguments."""
        if self._facts(function).is_quiet:
            return True
        if not isinstance(function, s.Attribute):
            return False
        if isinstance(function.value, s.Name) and self._outside(function.value):
            # `requests.get` is no method of a dict.
            return False
        is_change = function.attribute in _OWN_CHANGES and self._is_own(function.value)
        return is_change or function.attribute in _QUIET_METHODS

    def _changed(self, call: s.Call) -> Iterator[s.Expression]:
        """The arguments of a quiet call that it changes and that are not the module's own."""
        does = self._facts(call.function)
        if does.changes and does.is_quiet:
            given: list[tuple[int | str | None, s.Expression]] = [*enumerate(call.arguments)]
            for which, value in (*given, *call.keywords):
                is_changed = which is not None and does.may_change(which)
                if is_changed and _root(value) in self._imported:
                    yield value

    def _facts(self, value: s.Expression) -> Facts:
        """What the table tells of a name or attribute chain from outside the project."""
        return facts(self._outside(value))

    def _outside(self, value: s.Expression) -> str:
        """The dotted name of something from outside the project; empty for anything else."""
        root, dotted = _root(value), self._dotted(value)
        if root in self._imported:
            is_ours = root in self._from_project or dotted.startswith(".")
            head = dotted.partition(".")[0]
            return "" if is_ours or self._resolve(self._module, head, 0) else dotted
        is_builtin = root in BUILTIN_NAMES and root not in self._summary.codes[0].local_names
        return f"builtins.{dotted}" if is_builtin and dotted else ""

    def _dotted(self, value: s.Expression) -> str:
        """The dotted origin of a name or attribute chain; empty for anything else."""
        parts: list[str] = []
        while isinstance(value, s.Attribute):
            parts.append(value.attribute)
            value = value.value
        if not isinstance(value, s.Name):
            return ""
        parts.append(self._imported.get(value.name, value.name))
        return ".".join(reversed(parts))


def _root(value: s.Expression) -> str:
    """The name that a chain of attributes and items begins with; empty for anything else."""
    while isinstance(value, s.Attribute | s.Subscript):
        value = value.value
    return value.name if isinstance(value, s.Name) else ""


def _told(value: s.Expression) -> str:
    """An expression in prose, as far as it is a dotted name."""
    match value:
        case s.Name(name=name):
            return name
        case s.Attribute(value=inner, attribute=attribute):
            return f"{_told(inner)}.{attribute}"
        case s.Call(function=function):
            return f"{_told(function)}(…)"
        case s.Subscript(value=inner):
            return f"{_told(inner)}[…]"
        case _:
            return "something"
