"""What calls of other modules' functions do, worked out once for all modules that make them.

An *effect* is the result of a call, its exception, its changes, and the imports in functions that
it executes. To find it, the function runs in a machine of its own, which knows nothing of the
survey that asks: stand-ins take the place of everything that belongs to the surveyed module
(`import_cycles.simulate.outlines`). So an effect depends only on summaries, on the outline of the
arguments, and on the answers to the questions that the run asked about them. It makes no difference
which survey asks first. The effects of one outline are a tree: its nodes are questions, its
branches answers, its leaves effects.

A call that would run code of the surveyed module itself (a callback) has no effect of its own. The
survey runs it as if effects were not shared.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Hashable, Iterable
from contextlib import suppress
from typing import Any

from import_cycles.base.names import ModuleName
from import_cycles.base.onlookers import CodeOnlookers
from import_cycles.base.record import entity, field
from import_cycles.libraries.builtin_names import builtin_class
from import_cycles.simulate.containers import TEXT_METHODS, builtin_attribute
from import_cycles.simulate.core import argument_kind, without_traceback
from import_cycles.simulate.errors import JUMPS, GiveUp, Raised, Unwinding
from import_cycles.simulate.limits import LIMITS
from import_cycles.simulate.marks import OPEN
from import_cycles.simulate.operations import gather
from import_cycles.simulate.outcome import CodeKey
from import_cycles.simulate.outlines import (
    MAY_BE_PROGRAM,
    NAMED_MODULE,
    Concretizer,
    HiddenText,
    NotAbstractable,
    Outline,
    QueriedParts,
    Question,
    StandIns,
)
from import_cycles.simulate.paths import OTHER_TEXT
from import_cycles.simulate.statics import ImportKey, StaticMachine, shared_part
from import_cycles.simulate.values import (
    UNKNOWN,
    Builtin,
    Const,
    External,
    Frame,
    Function,
    Instance,
    Mapping,
    Namespace,
    Sequence,
    Value,
)


@entity
class Effect:
    """The effect of a call. `stand_ins` are the stand-ins that its other parts refer to."""

    executed: tuple[tuple[ImportKey, bool], ...] = ()
    looked_at: frozenset[CodeKey] = frozenset()
    numbers: dict[int, int] = field(default_factory=dict)
    result: Value = UNKNOWN
    raised: Raised | None = None
    possible: tuple[Raised, ...] = ()
    changes: tuple[tuple[int, str, Hashable, Any], ...] = ()
    """Number of a value, which of its parts, key, and new value; NotAbstractable when it is erased."""
    is_fit: bool = True
    steps: int = 0
    """The number of statements that it executes."""
    stand_ins: StandIns | None = None


@entity
class _Node:
    """A question with a branch for each answer, or an effect."""

    question: Question | None = None
    branches: dict[Hashable, _Node] = field(default_factory=dict)
    effect: Effect | None = None
    recursive: set[CodeKey] = field(default_factory=set)
    """Functions that it calls without a further question."""


@entity
class _Tree:
    root: _Node = field(default_factory=_Node)
    leaves: int = 0
    codes: set[CodeKey] = field(default_factory=set)
    """What its effects depend on."""


class CallEffects:
    """The effects of calls. JournaledParts between surveys and edits."""

    def __init__(self) -> None:
        self._trees: dict[Hashable, _Tree] = {}
        self._readers: CodeOnlookers[Hashable] = CodeOnlookers()
        self.made = 0
        """Effects that were worked out so far."""

    def drop(self, codes: Iterable[CodeKey], modules: Iterable[ModuleName]) -> None:
        """Forget the effects that depend on these codes, or on any code of these modules."""
        for key in self._readers.of_any(codes, modules):
            self._readers.discard(key, self._trees.pop(key).codes)

    def clear(self) -> None:
        """Forget all."""
        self._trees.clear()
        self._readers.clear()

    def run(self, machine: StaticMachine, function: Function, names: dict[str, Value]) -> Value:
        """Carry out a call's effect; returns its result. Raises NotAbstractable if the call must be run."""
        outline = Outline(machine.subject, machine.world)
        key = (
            machine.is_decorating,
            outline.of(function),
            tuple((name, outline.of(value)) for name, value in names.items()),
        )
        tree = self._trees.get(key) or _Tree()
        node = tree.root
        while True:
            if not machine.around.isdisjoint(node.recursive):
                raise NotAbstractable
            if node.question is None:
                break
            answer, _ = outline.answer(node.question)
            branch = node.branches.get(answer)
            if branch is None:
                break
            node = branch
        effect = node.effect
        if effect is None:
            effect, outline = self._make(machine, key, tree, function, names)
        if not machine.around.isdisjoint(effect.looked_at):
            raise NotAbstractable
        if not effect.is_fit:
            machine.looked_at |= effect.looked_at
            raise NotAbstractable
        return _carried_out(effect, machine, outline)

    def _make(
        self,
        machine: StaticMachine,
        key: Hashable,
        tree: _Tree,
        function: Function,
        names: dict[str, Value],
    ) -> tuple[Effect, Outline]:
        self.made += 1
        # A run numbers its values in the order of its questions.
        outline = Outline(machine.subject, machine.world)
        outline.of(function)
        for value in names.values():
            outline.of(value)
        stand_ins = StandIns(outline)
        run = _EffectMachine(machine, self, (function.module.name, function.number))
        recursion: _RecursiveEffect | None = None
        effect = Effect()
        with machine.kept_journal.untouched():
            try:
                effect = _worked_out(run, stand_ins, function, names)
            except _RecursiveEffect as error:
                recursion = error
        codes = run.ran | run.looked_at
        run.let_go()
        for static in outline.statics:
            part = shared_part(static)
            if part is not None:
                codes.update(part.deps)
        effect.looked_at = frozenset(codes)
        if tree.leaves < LIMITS.effect_leaves:
            if key not in self._trees and len(self._trees) >= LIMITS.effect_trees:
                self.clear()
            self._trees[key] = tree
            tree.codes |= codes
            self._readers.add(key, codes)
            node = tree.root
            for question, answer in stand_ins.trail:
                assert node.question in (None, question), "a run depends on its answers alone"
                node.question = question
                node = node.branches.setdefault(answer, _Node())
            if recursion is None:
                tree.leaves += 1
                node.effect = effect
            else:
                node.recursive.add(recursion.code)
        if recursion is not None:
            raise NotAbstractable
        return effect, outline


def _carried_out(effect: Effect, machine: StaticMachine, outline: Outline) -> Value:
    for (holder, import_id, computed), is_conditional in effect.executed:
        machine.note(holder, import_id, computed, is_conditional=is_conditional)
    machine.looked_at |= effect.looked_at
    if machine.around:
        machine.steps += min(effect.steps, LIMITS.effect_charge)
    concrete = Concretizer(effect.numbers, outline.objects)
    for number, part, key, value in effect.changes:
        where = getattr(outline.objects[number], part)
        if value is NotAbstractable:
            machine.journal.erase(where, key)
        elif isinstance(value, tuple):
            machine.journal.write(where, key, tuple(concrete.of(each) for each in value))
        else:
            machine.journal.write(
                where, key, concrete.of(value) if isinstance(value, Value) else value
            )
    for possible in effect.possible:
        machine.possible(concrete.raised(possible))
    if effect.raised is not None:
        raise concrete.raised(effect.raised)
    result = concrete.of(effect.result)
    return result if isinstance(result, Value) else UNKNOWN


def _worked_out(
    run: _EffectMachine, stand_ins: StandIns, function: Function, names: dict[str, Value]
) -> Effect:
    result: Value = UNKNOWN
    raised: Raised | None = None
    try:
        is_whole = False
        with suppress(GiveUp, RecursionError, *JUMPS):
            # What the run read before one of these questions is true whatever the answer.
            callee = stand_ins.of(function)
            arguments = {name: stand_ins.of(value) for name, value in names.items()}
            result = run.run_function(callee, arguments)
            is_whole = True
        if not is_whole:
            run.note_unknown_import()
    except Raised as error:
        raised = without_traceback(error)
    except NotAbstractable:
        return Effect(is_fit=False)
    finally:
        run.kept_journal.swap()
    return Effect(
        tuple(sorted(run.executed.items())),
        numbers=stand_ins.numbers,
        result=result,
        raised=raised,
        possible=tuple(run.possible_crashes),
        changes=tuple(_changes(run, stand_ins)),
        steps=run.steps,
        stand_ins=stand_ins,
    )


def _changes(run: _EffectMachine, stand_ins: StandIns) -> Iterable[tuple[int, str, Hashable, Any]]:
    """The changes that the run made to its stand-ins."""
    for (_, key), (where, _) in run.kept_journal.kept.items():
        if isinstance(where, QueriedParts):
            value = where.own(key)
            if value is not stand_ins.asked.get((id(where), key), NotAbstractable):
                yield where.number, where.part, key, value
    for number, part, before, after in stand_ins.containers:
        for key in (*before, *(key for key in after if key not in before)):
            value = after.get(key, NotAbstractable)
            if value is not before.get(key, NotAbstractable):
                yield number, part, key, value


class _RecursiveEffect(Unwinding):
    """The run calls a function whose effect is being worked out in an outer run."""

    def __init__(self, code: CodeKey) -> None:
        super().__init__(code)
        self.code = code


class _EffectMachine(StaticMachine):
    """Runs one call with stand-ins."""

    def __init__(self, caller: StaticMachine, effects: CallEffects, root: CodeKey) -> None:
        super().__init__(caller.world, caller.the_reader, None)
        self._effects = effects
        self._outer = caller.around
        self.is_decorating = caller.is_decorating
        self.max_statement_steps = (
            LIMITS.decorator_steps if self.is_decorating else LIMITS.effect_steps
        )
        self.around = caller.around | {root}

    def carry_out(
        self,
        function: Function,
        names: dict[str, Value],
        on_yield: Callable[[Value], Value] | None,
    ) -> Value:
        """Execute a function. Its effect is looked up, or worked out, as for any other call.

        Mutually recursive functions are different: the one that is called first runs the others
        itself. Otherwise their effects would depend on which function is called first.
        """
        code = (function.module.name, function.number)
        if code in self._outer:
            raise _RecursiveEffect(code)
        is_plain = on_yield is None and not self.handling and not self.catchers
        if is_plain and self.calls and code not in self.around:
            with suppress(NotAbstractable):
                return self._effects.run(self, function, names)
        return super().carry_out(function, names, on_yield)

    def kind(self, value: Value) -> object:
        """The parts of an argument that can decide about imports."""
        if type(value) is HiddenText:
            return "text", value.known()
        return argument_kind(value)

    def call_function(
        self, function: Function, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        """Run a function that is not of the surveyed module."""
        if function.number < 0:
            raise NotAbstractable
        return super().call_function(function, arguments, keywords)

    def run_function(
        self, function: Function, names: dict[str, Value], on_yield: Any = None
    ) -> Value:
        """Run a function that is not of the surveyed module."""
        if function.number < 0:
            raise NotAbstractable
        return super().run_function(function, names, on_yield)

    # --- texts of which no more is asked than must be ---------------------------------------

    def truth_of(self, value: Value, frame: Frame, mark: int) -> bool | None:
        """Whether a value is true."""
        return value.truth if type(value) is HiddenText else super().truth_of(value, frame, mark)

    def attribute(self, owner: Value, name: str, frame: Frame, mark: int) -> Value:
        """`owner.name`."""
        if type(owner) is HiddenText and hasattr(str, name):
            return builtin_attribute(self, owner, name)
        return super().attribute(owner, name, frame, mark)

    def comparison(self, left: Value, operator: str, right: Value, frame: Frame) -> bool | None:
        answer: Value | None = None
        if operator in ("in", "not in") and isinstance(left, Const):
            if isinstance(right, Const):
                if isinstance(right, HiddenText) and _is_text(left):
                    answer = right.asked("in", left)
                elif isinstance(left, HiddenText) and _is_text(right):
                    answer = left.asked("contained", right)
        elif operator in ("==", "!=", "is", "is not"):
            for one, other in ((left, right), (right, left)):
                if isinstance(one, HiddenText) and type(other) is Const:
                    answer = one.asked("==", other)
                    break
        if not isinstance(answer, Const):
            return super().comparison(left, operator, right, frame)
        return bool(answer.value) is not ("not" in operator or operator == "!=")

    def named_module(self, value: Const, frame: Frame) -> ModuleName | None:
        """The module that a text names; of a hidden text no more is asked than this."""
        if not isinstance(value, HiddenText):
            return super().named_module(value, frame)
        answer = value.asked(NAMED_MODULE, Const(frame.module.name))
        return ModuleName(str(answer.value)) if isinstance(answer, Const) and answer.value else None

    def may_be_program(self, value: Value) -> bool:
        """Whether a value is a text that may be statements; of a hidden one no more is asked."""
        if not isinstance(value, HiddenText):
            return super().may_be_program(value)
        return value.asked(MAY_BE_PROGRAM) == Const(True)

    def contains(self, container: Value, item: Const, frame: Frame) -> bool | None:
        if not isinstance(item, HiddenText):
            return super().contains(container, item, frame)
        match container:
            case Mapping(items=items):
                keys = tuple(Const(key) for key in items)
                is_open = container.is_open
            case Sequence(fields=fields):
                keys = tuple(each for each in container.items if isinstance(each, Const))
                is_open = bool(fields.get(OPEN)) or len(keys) < len(container.items)
            case External() | Namespace() | Const() | Instance():
                return super().contains(container, item, frame)
            case _:
                return None
        if any(item.asked("==", each) == Const(True) for each in keys):
            return True
        return None if is_open else False

    def set_item(self, owner: Value, index: Value, value: Value, frame: Frame) -> None:
        if isinstance(owner, Mapping) and isinstance(index, HiddenText):
            index = UNKNOWN
        super().set_item(owner, index, value, frame)

    def binary(self, left: Value, operator: str, right: Value, frame: Frame, mark: int) -> Value:
        """`left operator right`."""
        if operator == "+" and _is_text(left) and _is_text(right):
            return _joined_texts([left, right])
        return super().binary(left, operator, right, frame, mark)

    def joined(self, values: list[Value], frame: Frame) -> Value:
        """An f-string with these values in it."""
        if all(isinstance(value, Const) for value in values):
            return _joined_texts(values)
        return super().joined([value for value in values if not isinstance(value, Const)], frame)

    def call_builtin_method(
        self,
        owner: Value,
        name: str,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
        frame: Frame,
        mark: int,
    ) -> Value:
        if isinstance(owner, Const) and name == "join" and len(arguments) == 1:
            return self._joined_by(owner, arguments[0], frame)
        if isinstance(owner, Const) and name in TEXT_METHODS:
            known = [each for each in (owner, *arguments) if isinstance(each, Const)]
            named = {key: each for key, each in keywords.items() if isinstance(each, Const)}
            hidden = [each for each in (*known, *named.values()) if isinstance(each, HiddenText)]
            if hidden and len(known) + len(named) == 1 + len(arguments) + len(keywords):
                # Of texts no more is asked than what the method gives.
                return hidden[0].asked(name, *known, **named)
            if hidden:
                self._expose_objects((*arguments, *keywords.values()))
                self.may_raise()
                return OTHER_TEXT if OTHER_TEXT in arguments else UNKNOWN
        return super().call_builtin_method(owner, name, arguments, keywords, frame, mark)

    def _expose_objects(self, given: tuple[Value, ...]) -> None:
        """A method of a text writes objects that it gets, or iterates over them."""
        if any(type(each) is Instance for each in given):
            self.expose(given, is_operation=True)

    def _joined_by(self, separator: Const, iterable: Value, frame: Frame) -> Value:
        """`separator.join(iterable)`."""
        self._expose_objects((iterable,))
        items = gather(self, iterable, frame)
        if items is None or not all(_is_text(each) for each in (separator, *items)):
            self.may_raise()
            return UNKNOWN
        return _joined_texts([part for each in items for part in (separator, each)][1:])

    def call_builtin(
        self,
        name: str,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
        frame: Frame,
        mark: int,
    ) -> Value:
        match name, arguments:
            case _, (HiddenText(),) if builtin_class(name) is not None:
                # The text of the message decides nothing.
                return Instance(Builtin(name))
            case "len", (HiddenText() as text,):
                return text.asked("len")
            case "str", (HiddenText() as text,):
                return text
            case "isinstance", (HiddenText(), Builtin(name=wanted)):
                cls = getattr(builtins, wanted, None)
                return Const(issubclass(str, cls)) if isinstance(cls, type) else UNKNOWN
            case _:
                return super().call_builtin(name, arguments, keywords, frame, mark)

    def module_by_key(self, dotted: str, frame: Frame, mark: int) -> Value:
        if self.world.find(dotted, frame.module.file) is not None:
            # Only the survey knows which modules are loaded.
            raise NotAbstractable
        return UNKNOWN


def _is_text(value: Value) -> bool:
    return isinstance(value, HiddenText) or (type(value) is Const and type(value.value) is str)


def _joined_texts(texts: list[Any]) -> Value:
    for text in texts:
        if isinstance(text, HiddenText):
            return text.asked("joined", *texts)
    return Const("".join(str(text.value) for text in texts))
