"""Statements: binding, control flow, exceptions.

Source of the order of events: Python/compile.c and the language reference. A loop over items
that are not known runs its body once, as one of two ways.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

from import_cycles.libraries.table import facts
from import_cycles.simulate.bindings import bound_in
from import_cycles.simulate.core import (
    Catcher,
    Jump,
    Reason,
    do_nothing,
    mark_of,
    without_traceback,
)
from import_cycles.simulate.errors import (
    Broke,
    Continued,
    Raised,
    Returned,
    exception_of,
    is_caught,
    takes_from_values,
)
from import_cycles.simulate.exposure import forget, lose_sight, open_up
from import_cycles.simulate.marks import (
    ANNOTATED,
    BUILTIN,
    CLASS_NAME,
    CONSUMED,
    FINDERS,
    ITEMS,
    MEMBERS,
    MISSED,
    UNKNOWN_ATTRIBUTE,
)
from import_cycles.simulate.messages import cannot_delete, unbound_local
from import_cycles.simulate.outcome import Cause
from import_cycles.simulate.patterns import Patterns
from import_cycles.simulate.stores import now, store
from import_cycles.simulate.values import (
    NONE,
    UNKNOWN,
    Attributes,
    Builtin,
    Class,
    Const,
    External,
    Frame,
    Function,
    Instance,
    Mapping,
    Maybe,
    Module,
    Namespace,
    Scope,
    Sequence,
    SequenceKind,
    StandIn,
    Suppress,
    Suspended,
    Value,
    Wrapping,
    sequence,
)
from import_cycles.syntax import steps as s
from import_cycles.syntax.walk import steps_of_scope

MAX_ITERATIONS: Final = 300
"""Of one loop over known items; further ones are left out."""


class Statements(Patterns):
    """Executes statements."""

    max_iterations = MAX_ITERATIONS

    # --- binding ---------------------------------------------------------------------------

    def unbind(self, name: str, frame: Frame, mark: int) -> None:
        """`del name`; raises the program's NameError."""
        names = self.namespace(name, frame)
        if name in names:
            self.journal.erase(names, name)
        elif names is not frame.module.names and frame.scope is Scope.FUNCTION:
            message = unbound_local(self.world.target, name)
            self.refuse(self.raised("UnboundLocalError", frame, mark, name=name, message=message))
        elif not frame.module.is_open:
            message = f"name '{name}' is not defined"
            self.refuse(self.raised("NameError", frame, mark, name=name, message=message))

    def assign(self, target: s.Target, value: Value, frame: Frame) -> None:
        """Bind a target."""
        if self.handling and type(value) is Const:
            value = self.stood_in(value)
        if type(target) is s.NameTarget:
            self.bind(target.name, value, frame)
            return
        match target:
            case s.NameTarget(name=name):
                self.bind(name, value, frame)
            case s.AttributeTarget(value=owner, attribute=attribute, mark=mark):
                self.set_attribute(self.evaluate(owner, frame), attribute, value, frame, mark)
            case s.SubscriptTarget(value=owner, index=index):
                self._set_item(
                    self.evaluate(owner, frame), self.evaluate(index, frame), value, frame
                )
            case s.TupleTarget(items=items, starred=starred):
                for item, part in zip(
                    items, self._unpacked(value, items, starred, frame), strict=True
                ):
                    self.assign(item, part, frame)

    def stood_in(self, value: Const) -> Const:
        """A literal; in a handler of a circular failure it stands in for what was to be imported."""
        handled = self.handling[-1] if self.handling else None
        if handled is None or not handled.is_circular:
            return value
        return StandIn(value.value, handled.as_cause())

    def _unpacked(
        self, value: Value, items: tuple[s.Target, ...], starred: int, frame: Frame
    ) -> Iterable[Value]:
        parts = self.items_of(value, frame)
        if parts is None:
            return [UNKNOWN] * len(items)
        if starred < 0:
            return parts if len(parts) == len(items) else [UNKNOWN] * len(items)
        after = len(items) - starred - 1
        if len(parts) < starred + after:
            return [UNKNOWN] * len(items)
        middle = sequence(SequenceKind.LIST, parts[starred : len(parts) - after])
        return [*parts[:starred], middle, *parts[len(parts) - after :]]

    def set_attribute(
        self, owner: Value, attribute: str, value: Value, frame: Frame, mark: int
    ) -> None:
        """`owner.attribute = value`; see `import_cycles.simulate.classes` for instances."""
        match owner:
            case Module(names=names) | Instance(names=names) | Class(names=names):
                self.journal.write(names, attribute, value)
                if isinstance(owner, Module) and attribute == "__path__":
                    self.open_module(owner)
                elif isinstance(owner, Module) and attribute == "__class__":
                    self._change_class(owner, value)
            case Function(fields=fields):
                self.journal.write(fields, attribute, value)
            case External(dotted="builtins"):
                self.note_fact((BUILTIN, attribute))
            case External(dotted=dotted):
                if facts(f"{dotted}.{attribute}.append").hooks_imports:
                    self.note_fact(FINDERS)
                lose_sight(self.journal, (value,))
            case _:
                if owner is UNKNOWN:
                    self.note_fact((UNKNOWN_ATTRIBUTE, attribute))
                lose_sight(self.journal, (value,))

    def _change_class(self, module: Module, cls: Value) -> None:
        """`module.__class__ = cls`: what the class has counts as the module's."""
        hooks = ("__getattr__", "__getattribute__")
        if not isinstance(cls, Class) or any(
            name in each.names for each in cls.mro for name in hooks
        ):
            self.open_module(module)
            return
        for each in reversed(cls.mro):
            for name, value in list(each.names.items()):
                if name not in module.names:
                    # A property runs when it is asked for; see `find_attribute`.
                    self.journal.write(module.fields, (CLASS_NAME, name), value)

    def _set_item(self, owner: Value, index: Value, value: Value, frame: Frame) -> None:
        match owner, index:
            case Mapping(items=items), Const(value=key):
                self.journal.write(items, key, value)
            case Sequence(items=items), Const(value=int(position)) if not owner.is_open and -len(
                items
            ) <= position < len(items):
                changed = list(items)
                changed[position] = value
                self.journal.write(owner.fields, ITEMS, tuple(changed))
            case ((Mapping() | Sequence()), _):
                forget(self.journal, owner)
                lose_sight(self.journal, (value,))
            case Namespace(module=module), Const(value=str(name)):
                self.journal.write(module.names, name, value)
            case Namespace(module=module), _:
                self.open_module(module)
                lose_sight(self.journal, (value,))
            case Attributes(owner=holder), Const(value=str(name)):
                self.journal.write(holder.names, name, value)
            case Attributes(owner=holder), _:
                self.hand_over((holder, value))
            case External(dotted="sys.modules"), Const(value=str(dotted)):
                self._replace_module(dotted, value, frame)
            case External(dotted="sys.modules"), _:
                self.note_fact(FINDERS)
            case External(dotted="builtins.__dict__"), Const(value=str(name)):
                self.note_fact((BUILTIN, name))
            case Instance(cls=Class()), _:
                method = self.attribute(owner, "__setitem__", frame, 0)
                self.call(method, (index, value), {}, frame, 0)
            case _:
                lose_sight(self.journal, (value,))

    def _replace_module(self, dotted: str, value: Value, frame: Frame) -> None:
        """`sys.modules[dotted] = value`: whatever stands there now has names that nobody knows."""
        file = self.world.find(dotted, frame.module.file)
        if file is None:
            self.note_fact(FINDERS)
            return
        self.recorder.turn_off()
        if isinstance(value, Module):
            self.journal.write(self.modules, file.name, value)
            return
        loaded = self.loaded_module(file.name)
        if loaded is not None:
            self.open_module(loaded)

    def _assign(self, step: s.Assign, frame: Frame) -> None:
        raise_exits = self.raise_exits
        value = self.evaluate(step.value, frame)

        def bind() -> None:
            for target in step.targets:
                self.assign(target, value, frame)

        self.unless_raised(raise_exits, frame, bind)

    def _augmented(self, step: s.AugmentedAssign, frame: Frame) -> None:
        before = self._target_value(step.target, frame)
        value = self.evaluate(step.value, frame)
        after = self.binary(before, step.operator, value, frame, step.mark)
        if isinstance(before, Sequence) and isinstance(after, Sequence) and step.operator == "+":
            # `list +=` changes the list that others may hold.
            if before.kind is not SequenceKind.TUPLE:
                self.journal.write(before.fields, ITEMS, after.items)
                if after.is_open:
                    open_up(self.journal, before)
                after = before
        elif isinstance(before, Sequence) and before.kind is not SequenceKind.TUPLE:
            if step.operator == "+":
                self.extend(before, value, frame)
            else:
                forget(self.journal, before)
            after = before
        elif isinstance(before, Mapping):
            forget(self.journal, before)
            after = before
        if isinstance(step.target, s.NameTarget):
            self.assign(step.target, after, frame)
        else:
            self._set_again(step.target, after, frame)

    def _target_value(self, target: s.Target, frame: Frame) -> Value:
        match target:
            case s.NameTarget(name=name, mark=mark):
                return self.name_value(name, frame, mark)
            case s.AttributeTarget(value=owner, attribute=attribute, mark=mark):
                return self.attribute(self.evaluate(owner, frame), attribute, frame, mark)
            case s.SubscriptTarget(value=owner, index=index, mark=mark):
                return self.item(
                    self.evaluate(owner, frame), self.evaluate(index, frame), frame, mark
                )
            case s.TupleTarget():
                return UNKNOWN

    def _set_again(self, target: s.Target, value: Value, frame: Frame) -> None:
        if isinstance(target, s.AttributeTarget):
            owner = self.evaluate(target.value, frame)
            self.set_attribute(owner, target.attribute, value, frame, target.mark)
        elif isinstance(target, s.SubscriptTarget):
            owner = self.evaluate(target.value, frame)
            self._set_item(owner, self.evaluate(target.index, frame), value, frame)

    def _annotated(self, step: s.AnnotatedAssign, frame: Frame) -> None:
        if frame.scope is Scope.CLASS and isinstance(step.target, s.NameTarget) and frame.owner:
            fields = frame.owner.fields
            annotated = fields.get(ANNOTATED, ())
            assert isinstance(annotated, tuple)
            self.journal.write(fields, ANNOTATED, (*annotated, step.target.name))
        if step.value is not None:
            self.assign(step.target, self.evaluate(step.value, frame), frame)
        if step.annotation is not None:
            self.evaluate(step.annotation, frame)

    def _delete(self, step: s.Delete, frame: Frame) -> None:
        for target in step.targets:
            self._delete_target(target, frame)

    def _delete_target(self, target: s.Target, frame: Frame) -> None:
        match target:
            case s.NameTarget(name=name, mark=mark):
                self.unbind(name, frame, mark)
            case s.AttributeTarget(value=owner, attribute=attribute, mark=mark):
                self._delete_attribute(self.evaluate(owner, frame), attribute, frame, mark)
            case s.SubscriptTarget(value=owner, index=index, mark=mark):
                holder = self.evaluate(owner, frame)
                self._delete_item(holder, self.evaluate(index, frame), frame, mark)
            case s.TupleTarget(items=items):
                for item in items:
                    self._delete_target(item, frame)

    def _delete_attribute(self, owner: Value, attribute: str, frame: Frame, mark: int) -> None:
        match owner:
            case Module(names=names):
                if attribute in names:
                    self.journal.erase(names, attribute)
                elif not owner.is_open:
                    is_told = self.world.target.version >= (3, 13)
                    failure = self.raised(
                        "AttributeError",
                        frame,
                        mark,
                        name=attribute if is_told else "",
                        of=owner,
                        message=cannot_delete(self.world.target, attribute),
                    )
                    self.missing_name(failure, owner, attribute)
            case Instance(names=names) | Class(names=names):
                self.journal.erase(names, attribute)
            case _:
                pass

    def _delete_item(self, owner: Value, index: Value, frame: Frame, mark: int) -> None:
        match owner, index:
            case Mapping(items=items), Const(value=key):
                if key not in items and not owner.is_open:
                    self.refuse_key(key, frame, mark)
                self.journal.erase(items, key)
            case ((Mapping() | Sequence()), _):
                forget(self.journal, owner)
            case Attributes(owner=holder), Const(value=str(name)):
                self.journal.erase(holder.names, name)
            case Namespace(module=module), Const(value=str(name)):
                if name not in module.names and not module.is_open:
                    self.refuse_key(name, frame, mark)
                self.journal.erase(module.names, name)
            case External(dotted="sys.modules"), Const(value=str(dotted)):
                file = self.world.find(dotted, frame.module.file)
                if file is not None:
                    if self.loaded_module(file.name) is None:
                        self.not_loaded(dotted, frame, mark)
                    self.recorder.turn_off()
                    self.journal.erase(self.modules, file.name)
            case _:
                pass

    def _evaluate(self, step: s.Evaluate, frame: Frame) -> None:
        self.evaluate(step.value, frame)

    def _type_alias(self, step: s.DefineTypeAlias, frame: Frame) -> None:
        self.bind(step.name, UNKNOWN, frame)

    # --- control flow ----------------------------------------------------------------------

    def _if(self, step: s.If, frame: Frame) -> None:
        self.reason_seen = None
        known = self.truth_of(self.evaluate(step.test, frame), frame, 0)
        if known is None:
            self.fork(
                frame,
                lambda: self.execute(step.body, frame),
                lambda: self.execute(step.orelse, frame),
            )
            return
        reason, self.reason_seen = self.reason_seen, None
        block = step.body if known else step.orelse
        if reason is None:
            self.execute(block, frame)
            return
        self.controls.append(reason)
        try:
            self.execute(block, frame)
        finally:
            self.controls.pop()

    def _while(self, step: s.While, frame: Frame) -> None:
        loop = _Loop(frame)
        for _ in range(self.max_iterations):
            known = self.truth_of(self.evaluate(step.test, frame), frame, 0)
            if known is None:
                self._perhaps(lambda _: self._round(step.body, frame, loop), frame)
                break
            if known is False:
                break
            if loop.is_perhaps_left:
                self._perhaps(lambda _: self._round(step.body, frame, loop), frame)
                continue
            if not self._round(step.body, frame, loop):
                loop.end()
                return
        else:
            # What further rounds would do is not known.
            self._perhaps(lambda _: self._round(step.body, frame, loop), frame)
        self._after_loop(step.orelse, frame, loop)

    def _round(self, body: s.Block, frame: Frame, loop: _Loop) -> bool:
        """Run the body of a loop once; False after a `break`."""
        continues = frame.continues
        try:
            self.execute(body, frame)
        except Broke:
            loop.is_broken = True
            return False
        except Continued:
            return True
        finally:
            frame.exits -= frame.continues - continues
            frame.continues = continues
        return True

    def _after_loop(self, orelse: s.Block, frame: Frame, loop: _Loop) -> None:
        """The `else` of a loop that no `break` has left for certain."""
        is_left = loop.is_perhaps_left
        loop.end()
        if not orelse:
            return
        if is_left:
            self.fork(frame, lambda: self.execute(orelse, frame), do_nothing)
        else:
            self.execute(orelse, frame)

    def _for(self, step: s.For, frame: Frame) -> None:
        iterable = self.evaluate(step.iterable, frame)
        loop = _Loop(frame)

        def once(item: Value) -> None:
            self.assign(step.target, item, frame)
            if not self._round(step.body, frame, loop):
                raise Broke

        def body(item: Value) -> None:
            if loop.is_perhaps_left:
                self.fork(frame, lambda: once(item), do_nothing)
            else:
                once(item)

        try:
            self.iterate(iterable, body, frame, mark_of(step.iterable))
        except Broke:
            loop.end()
            return
        self._after_loop(step.orelse, frame, loop)

    def iterate(
        self, iterable: Value, body: Callable[[Value], None], frame: Frame, mark: int = 0
    ) -> None:
        """Run `body` for each item; a Broke from it passes through."""
        match iterable:
            case Sequence(kind=SequenceKind.SET) if len(iterable.items) > 1:
                self._in_any_order(iterable, body, frame)
            case Sequence():
                self._one_by_one(iterable.items, body, frame)
                if iterable.is_open:
                    self._perhaps(body, frame)
            case Mapping(items=items):
                for key, value in list(items.items())[: self.max_iterations]:
                    if isinstance(value, Maybe):
                        self._perhaps(body, frame, Const(key))
                    else:
                        body(Const(key))
                if iterable.is_open or len(items) > self.max_iterations:
                    self._perhaps(body, frame)
            case Namespace() | Attributes():
                names = self.names_of(iterable)
                if names is None:
                    self._perhaps(body, frame)
                else:
                    self._one_by_one(names, body, frame)
            case Suspended(is_coroutine=False):
                self._drive(iterable, body, frame)
            case Class() if (members := iterable.fields.get(MEMBERS)) is not None:
                assert isinstance(members, tuple)
                self._one_by_one(members, body, frame)
            case Instance(cls=Class()):
                iterator = self.call(
                    self.attribute(iterable, "__iter__", frame, 0), (), {}, frame, 0
                )
                if isinstance(iterator, (Sequence, Mapping, Suspended)):
                    self.iterate(iterator, body, frame)
                elif isinstance(iterator, Instance) and isinstance(iterator.cls, Class):
                    self._step_through(iterator, body, frame)
                else:
                    self._perhaps(body, frame)
            case Const(value=str(text)):
                self._one_by_one(tuple(map(Const, text)), body, frame)
            case Const() | Module():
                kind = "module" if isinstance(iterable, Module) else type(iterable.value).__name__
                message = f"'{kind}' object is not iterable"
                failure = self.raised("TypeError", frame, mark, message=message)
                self.refuse(self.explained(failure, iterable))
                self._perhaps(body, frame)
            case _:
                self.may_raise()
                self._perhaps(body, frame)

    def _one_by_one(
        self, items: tuple[Value, ...], body: Callable[[Value], None], frame: Frame
    ) -> None:
        for item in items[: self.max_iterations]:
            body(item)
        if len(items) > self.max_iterations:
            # What further rounds would do is not known.
            self._perhaps(body, frame)

    def _in_any_order(
        self, iterable: Sequence, body: Callable[[Value], None], frame: Frame
    ) -> None:
        """The items of a set: what depends on their order is not known."""
        items = iterable.items

        def rounds(ordered: tuple[Value, ...]) -> None:
            self._one_by_one(ordered, body, frame)
            if iterable.is_open:
                self._perhaps(body, frame)

        self.fork(frame, lambda: rounds(items), lambda: rounds(items[::-1]))

    def _step_through(
        self, iterator: Instance, body: Callable[[Value], None], frame: Frame
    ) -> None:
        """Call `__next__` of a project's class until it raises StopIteration."""

        def is_end(raised: Raised) -> bool | None:
            return is_caught(raised, Builtin("StopIteration"))

        for _ in range(self.max_iterations):
            method = self.attribute(iterator, "__next__", frame, 0)
            catcher = Catcher(is_end, frame.module)
            try:
                with self.catching(catcher):
                    item = self.call(method, (), {}, frame, 0)
            except Raised as raised:
                if is_end(raised):
                    return
                raise
            if catcher.pending or item is UNKNOWN:
                self._perhaps(body, frame)
                return
            body(item)

    def _perhaps(
        self, body: Callable[[Value], object], frame: Frame, item: Value = UNKNOWN
    ) -> None:
        def once() -> None:
            # What leaves the loop leaves only this way through the program.
            try:
                body(item)
            except (Broke, Continued):
                return

        self.fork(frame, once, do_nothing)

    def _drive(self, suspended: Suspended, body: Callable[[Value], None], frame: Frame) -> None:
        """Run a generator and `body` for what it yields.

        What leaves the body does not go through the generator: that is closed, which raises
        GeneratorExit where it stands (Objects/genobject.c, `gen_close`), and forgotten.
        """
        if suspended.fields.get(CONSUMED):
            return
        self.journal.write(suspended.fields, CONSUMED, True)
        left: list[Jump] = []

        def on_yield(value: Value) -> Value:
            if not left:
                jump = self.ending(lambda: body(value))
                if jump is None:
                    return NONE
                left.append(jump)
            raise self.raised("GeneratorExit", frame, 0)

        def run() -> None:
            if isinstance(suspended.body, Function):
                self.run_function(suspended.body, dict(suspended.arguments), on_yield)
            elif callable(suspended.body):
                suspended.body(on_yield)
            else:
                node, around, first = suspended.body
                self.run_comprehension(node, around, first, lambda each: _ignore(on_yield(each[0])))

        ended = self.ending(run)
        if left:
            raise left[0]
        if ended is not None:
            raise ended

    def _match(self, step: s.Match, frame: Frame) -> None:
        self._cases(self.evaluate(step.subject, frame), step.cases, frame)

    def _cases(self, subject: Value, cases: tuple[s.Case, ...], frame: Frame) -> None:
        if not cases:
            return
        case, rest = cases[0], cases[1:]
        known = self.matches(case.pattern, subject, frame)
        if known is not False and case.guard is not None:
            guard = self.truth_of(self.evaluate(case.guard, frame), frame, 0)
            known = guard if known is True else (False if guard is False else None)
        if known is True:
            self.execute(case.body, frame)
        elif known is False:
            self._cases(subject, rest, frame)
        else:
            self.fork(
                frame,
                lambda: self.execute(case.body, frame),
                lambda: self._cases(subject, rest, frame),
            )

    def _return(self, step: s.Return, frame: Frame) -> None:
        value = NONE if step.value is None else self.evaluate(step.value, frame)
        raise Returned(self.stood_in(value) if type(value) is Const else value)

    def _break(self, step: s.Break, frame: Frame) -> None:
        raise Broke

    def _continue(self, step: s.Continue, frame: Frame) -> None:
        raise Continued

    # --- exceptions ------------------------------------------------------------------------

    def _raise(self, step: s.Raise, frame: Frame) -> None:
        if step.exception is None:
            self.recorder.reraise(len(self.handling))
            if self.handling:
                raise self.handling[-1]
            self.refuse(
                self.raised(
                    "RuntimeError", frame, step.mark, message="No active exception to reraise"
                )
            )
            return
        value = self.evaluate(step.exception, frame)
        given = None if step.cause is None else self.evaluate(step.cause, frame)
        if isinstance(value, (Class, Builtin)):
            value = self.call(value, (), {}, frame, step.mark)
        original = value.names.get("raised") if isinstance(value, Instance) else None
        if isinstance(original, _Held):
            # The traceback goes on where the exception has been raised first.
            self.recorder.stored_exception(original.made)
            raise original.raised
        if isinstance(value, (Const, Module)):
            failure = self.raised(
                "TypeError", frame, step.mark, message="exceptions must derive from BaseException"
            )
            self.refuse(self.explained(failure, value))
        cls = exception_of(value)
        raise Raised(
            cls,
            self.spot(frame, step.mark),
            message=_message(value),
            stack=self.chain(),
            value=value,
            certain=not self.handling or self.handling[-1].certain,
            doubt=self.handling[-1].doubt if self.handling else "",
            cause=_cause_held(value) or _cause_held(given) or self.cause_now(),
        )

    def cause_now(self) -> Cause | None:
        """The circular failure because of which the statement is executed; None without one."""
        if self.handling and self.handling[-1].is_circular:
            return self.handling[-1].as_cause()
        return next((cause for each in self.controls if (cause := _found_out(each))), None)

    def _assert(self, step: s.Assert, frame: Frame) -> None:
        self.reason_seen = None
        known = self.truth_of(self.evaluate(step.test, frame), frame, step.mark)
        if known is True:
            return
        cause = _found_out(self.reason_seen) or self.cause_now()

        def fail() -> None:
            if step.message is not None:
                self.evaluate(step.message, frame)
            failure = self.raised("AssertionError", frame, step.mark)
            failure.cause = cause
            raise failure

        if known is False:
            fail()
        # An assertion that cannot be decided is believed.

    def _try(self, step: s.Try, frame: Frame) -> None:
        if any(isinstance(inner, _JUMPS) for inner in steps_of_scope(step.finalbody)):
            # A `return` there ends whatever is on its way.
            with self.catching(Catcher(_perhaps_any, frame.module)):
                ended = self.ending(lambda: self._guarded(step, frame))
        else:
            ended = self.ending(lambda: self._guarded(step, frame))
        if isinstance(ended, Raised):
            if ended.is_circular and frame.scope is Scope.MODULE:
                self._note_missed(step.body, ended.as_cause(), frame)
            with self.being_handled(ended):
                self.execute(step.finalbody, frame)
        else:
            self.execute(step.finalbody, frame)
        if ended is not None:
            raise ended

    def ending(self, act: Callable[[], None]) -> Jump | None:
        """Run an act; the jump that ends it early, if one does."""
        try:
            act()
        except (Raised, Returned, Broke, Continued) as jump:
            return without_traceback(jump)
        return None

    def _guarded(self, step: s.Try, frame: Frame) -> None:
        catcher = Catcher(
            lambda raised: self._handler_for(step, raised, frame)[1],
            frame.module,
            lambda: (self._caught_by(handler, frame) for handler in step.handlers),
        )
        with self.catching(catcher):
            ended = self.ending(lambda: self.execute(step.body, frame))
        pending = _distinct(catcher.pending)
        if catcher.is_doubted:
            pending += self._unknown_failures(step, frame)
        self._one_of(pending, step, ended, frame)

    def _unknown_failures(self, step: s.Try, frame: Frame) -> list[Raised]:
        """What an operation on something unknown may raise: one exception for each handler."""
        return [
            _UnknownFailure(handler)
            for handler in step.handlers
            if takes_from_values(self._caught_by(handler, frame), "")
        ]

    def _caught_by(self, handler: s.Handler, frame: Frame) -> Value:
        """The class that a handler names."""
        if handler.catches is None:
            return Builtin("Exception")
        return self.evaluate(handler.catches, frame)

    def _one_of(self, pending: list[Raised], step: s.Try, ended: Jump | None, frame: Frame) -> None:
        """Go on after the body: the handlers of what it perhaps raised, or as it ended."""
        if not pending:
            self._after_body(step, ended, frame)
            return
        failure = pending[0]
        if isinstance(failure, _UnknownFailure):
            handler: s.Handler | None = failure.handler
        else:
            handler, _ = self._handler_for(step, failure, frame)
        if handler is None:
            self._one_of(pending[1:], step, ended, frame)
            return
        self.fork(
            frame,
            lambda: self._handle(handler, failure, step, frame),
            lambda: self._one_of(pending[1:], step, ended, frame),
        )

    def _after_body(self, step: s.Try, ended: Jump | None, frame: Frame) -> None:
        if ended is None:
            self.execute(step.orelse, frame)
            return
        if not isinstance(ended, Raised):
            raise ended
        members = _members(ended.value) if step.is_group else None
        if members is not None:
            self._handle_group(step, ended, members, frame)
            return
        with self.being_handled(ended):
            handler, caught = self._handler_for(step, ended, frame)
        if handler is None or caught is False:
            raise ended
        if caught is None:
            # Whether the handler takes it is not known.
            self.fork(
                frame,
                lambda: self._handle(handler, ended, step, frame),
                partial(_raise_again, ended),
            )
            return
        self._handle(handler, ended, step, frame)

    def _handle_group(
        self, step: s.Try, ended: Raised, members: tuple[Value, ...], frame: Frame
    ) -> None:
        """`except*`: each handler gets the members that it catches, what is left is raised again.

        Source: PEP 654, and Objects/exceptions.c, `_PyExc_PrepReraiseStar`.
        """
        left, raised = list(members), list[Raised]()
        for handler in step.handlers:
            caught: list[Value] = []
            for member in left:
                assert handler.catches is not None, "except* names what it catches"
                one = Raised(exception_of(member), ended.spot, value=member)
                answer = self.caught_by(one, self.evaluate(handler.catches, frame))
                if answer is None:
                    ended.certain = False
                    raise ended
                if answer:
                    caught.append(member)
            if not caught:
                continue
            left = [member for member in left if member not in caught]
            part = _group(ended, caught)
            jump = self.ending(partial(self._handle, handler, part, step, frame))
            if jump is part:
                left += caught
            elif isinstance(jump, Raised):
                raised.append(jump)
            elif jump is not None:
                raise jump
        if len(raised) == 1 and not left:
            raise raised[0]
        if raised:
            # A new group of these. Limit: where its traceback starts is not known.
            again = _group(ended, [_as_value(each) for each in raised])
            again.certain = False
            raise again
        if left:
            raise _group(ended, left)

    @contextmanager
    def catching(self, catcher: Catcher) -> Iterator[None]:
        """While the block runs, possible exceptions that `catcher` catches go to it."""
        exits, outer = self.raise_exits, sum(each.n_exits for each in self.catchers)
        self.catchers.append(catcher)
        try:
            yield
        finally:
            self.catchers.pop()
            # Behind it only what handlers further out may have caught matters.
            self.raise_exits = exits + sum(each.n_exits for each in self.catchers) - outer

    @contextmanager
    def being_handled(self, raised: Raised) -> Iterator[None]:
        """While the block runs, a bare `raise` raises this."""
        self.handling.append(raised)
        try:
            yield
        finally:
            self.handling.pop()

    def _handler_for(
        self, step: s.Try, raised: Raised, frame: Frame
    ) -> tuple[s.Handler | None, bool | None]:
        """The first handler that catches an exception, or may; and whether it is known to."""
        for handler in step.handlers:
            if handler.catches is None:
                return handler, True
            caught = self.caught_by(raised, self.evaluate(handler.catches, frame))
            if caught is not False:
                return handler, caught
        return None, False

    def _handle(self, handler: s.Handler, raised: Raised, step: s.Try, frame: Frame) -> None:
        self.note_handled(raised)
        if raised.is_circular and frame.scope is Scope.MODULE:
            self._note_missed(step.body, raised.as_cause(), frame)
        try:
            with self.being_handled(raised):
                if handler.name is not None:
                    self.bind(handler.name, _as_value(raised), frame)
                self.execute(handler.body, frame)
        finally:
            if handler.name is not None:
                self.journal.erase(self.namespace(handler.name, frame), handler.name)

    def _note_missed(self, body: s.Block, cause: Cause, frame: Frame) -> None:
        """What a body has not bound because a circular failure ended it."""
        summary = self.world.summary(frame.module.name)
        assert summary is not None, "a module that runs has a summary"
        for name, _ in bound_in(body, summary):
            if name not in frame.names:
                self.journal.write(frame.module.fields, (MISSED, name), cause)

    # --- with ------------------------------------------------------------------------------

    def _with(self, step: s.With, frame: Frame) -> None:
        context = self.evaluate(step.context, frame)
        match context:
            case Suppress(caught=caught):
                self._suppressing(step, caught, frame)
            case Suspended(body=Function(wrapping=Wrapping.CONTEXT_MANAGER) as function):
                self._in_generator(step, function, context.arguments, frame)
            case Instance(cls=Class()):
                self._in_object(step, context, frame)
            case _:
                if isinstance(context, (Const, Module)):
                    failure = self.raised("TypeError", frame, step.mark, message=_NO_CONTEXT)
                    self.refuse(self.explained(failure, context))
                self.may_raise()
                if step.target is not None:
                    self.assign(step.target, UNKNOWN, frame)
                self.execute(step.body, frame)

    def _suppressing(self, step: s.With, caught: tuple[Value, ...], frame: Frame) -> None:
        def catches(raised: Raised) -> bool | None:
            answers = [self.caught_by(raised, each) for each in caught]
            return True if True in answers else (None if None in answers else False)

        if step.target is not None:
            self.assign(step.target, UNKNOWN, frame)
        try:
            with self.catching(Catcher(catches, frame.module, lambda: caught)):
                self.execute(step.body, frame)
        except Raised as raised:
            if not catches(raised):
                raise
            self.note_handled(raised)
            if raised.is_circular and frame.scope is Scope.MODULE:
                self._note_missed(step.body, raised.as_cause(), frame)

    def note_handled(self, raised: Raised) -> None:
        """A handler catches an exception: a circular one ends the import that it guards."""
        if raised.partial and self.stack and self.stack[-1].importing is not None:
            self.fallbacks.append(self.stack[-1].importing)

    def _in_generator(
        self, step: s.With, function: Function, arguments: dict[str, Value], frame: Frame
    ) -> None:
        """A `with` on a `@contextmanager`: its body runs where the generator yields."""
        jumps: list[Jump] = []

        def on_yield(value: Value) -> Value:
            if step.target is not None:
                self.assign(step.target, value, frame)
            with self.catching(Catcher(_perhaps_any, frame.module)):
                jump = self.ending(lambda: self.execute(step.body, frame))
            if isinstance(jump, Raised):
                raise jump
            if jump is not None:
                jumps.append(jump)
            return NONE

        self.run_function(function, dict(arguments), on_yield)
        if jumps:
            raise jumps[0]

    def _in_object(self, step: s.With, context: Instance, frame: Frame) -> None:
        enter, leave = ("__aenter__", "__aexit__") if step.is_async else ("__enter__", "__exit__")
        entered = self.call(
            self.attribute(context, enter, frame, step.mark), (), {}, frame, step.mark
        )
        if step.target is not None:
            self.assign(step.target, entered, frame)
        with self.catching(Catcher(_perhaps_any, frame.module)):
            jump = self.ending(lambda: self.execute(step.body, frame))
        method = self.attribute(context, leave, frame, step.mark)
        if not isinstance(jump, Raised):
            self.call(method, (NONE, NONE, NONE), {}, frame, step.mark)
            if jump is not None:
                raise jump
            return
        with self.being_handled(jump):
            arguments = (jump.cls, _as_value(jump), UNKNOWN)
            swallowed = self.call(method, arguments, {}, frame, step.mark)
        known = self.truth_of(swallowed, frame, step.mark)
        if known is not True:
            jump.certain = jump.certain and known is False
            raise jump


class _UnknownFailure(Raised):
    """An exception of which nothing is known but the handler that takes it."""

    def __init__(self, handler: s.Handler) -> None:
        super().__init__(UNKNOWN, None, certain=False)
        self.handler = handler


_JUMPS: Final = (s.Return, s.Break, s.Continue)
_NO_CONTEXT: Final = "object does not support the context manager protocol"


class _Loop:
    """A loop that is being executed: whether something may have left it before its end."""

    __slots__ = ("_exits", "_frame", "_returns", "is_broken")

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._exits = frame.exits
        self._returns = frame.return_exits
        self.is_broken = False
        """Whether a `break` was executed, on one way through the program at least."""

    @property
    def is_perhaps_left(self) -> bool:
        """Whether on some way no further round is run."""
        return self.is_broken or self._frame.exits != self._exits

    def end(self) -> None:
        """Behind the loop: what has left nothing but the loop does not matter any more."""
        frame = self._frame
        frame.exits = self._exits + frame.return_exits - self._returns


def _perhaps_any(raised: Raised) -> None:
    """Of a context manager, or a `finally` that returns: it may end any exception."""
    del raised


def _raise_again(raised: Raised) -> None:
    raise raised


class _Held(Value):
    """An exception of the machine inside the value that the program sees."""

    __slots__ = ("made", "raised")

    def __init__(self, raised: Raised) -> None:
        self.raised = raised
        self.made = now()


def _as_value(raised: Raised) -> Value:
    """What `except … as name` binds."""
    if isinstance(raised.value, Instance):
        raised.value.names["raised"] = _Held(raised)
        return raised.value
    if isinstance(raised.cls, (Builtin, Class)):
        known: dict[str, Value] = {"raised": _Held(raised)}
        if raised.error in ("ImportError", "ModuleNotFoundError"):
            known["name"] = Const(raised.name if raised.of is None else str(raised.of))
        return Instance(raised.cls, store(known))
    return UNKNOWN


def _cause_held(value: Value | None) -> Cause | None:
    """The circular failure that an exception object is, or that a group holds."""
    if not isinstance(value, Instance):
        return None
    held = value.names.get("raised")
    if isinstance(held, _Held) and held.raised.is_circular:
        return held.raised.as_cause()
    members = _members(value) or ()
    return next((cause for each in members if (cause := _cause_held(each))), None)


def _found_out(reason: Reason | None) -> Cause | None:
    return reason() if callable(reason) else reason


def _members(value: Value | None) -> tuple[Value, ...] | None:
    """The members of an exception group, groups in it spread out; None for what is no group."""
    if not isinstance(value, Instance):
        return None
    exceptions = value.names.get("exceptions")
    if not isinstance(exceptions, Sequence) or exceptions.is_open:
        return None
    members: list[Value] = []
    for member in exceptions.items:
        members += _members(member) or (member,)
    return tuple(members)


def _group(of: Raised, members: list[Value]) -> Raised:
    """A part of an exception group; it goes on where the whole has been raised."""
    names: dict[str, Value] = {"exceptions": sequence(SequenceKind.TUPLE, tuple(members))}
    value = Instance(of.cls, store(names)) if isinstance(of.cls, (Builtin, Class)) else None
    return Raised(of.cls, of.spot, message=of.message, stack=of.stack, value=value)


def _message(value: Value) -> str:
    if isinstance(value, Instance):
        message = value.names.get("message")
        if isinstance(message, Const):
            return str(message.value)
    return ""


def _distinct(pending: list[Raised]) -> list[Raised]:
    by_error = {(raised.error, raised.is_circular): raised for raised in pending}
    return list(by_error.values())


def _ignore(value: Value) -> None:
    del value


STATEMENT_HANDLERS: Final[dict[type[s.Step], Callable[..., None]]] = {
    s.Evaluate: Statements._evaluate,
    s.Assign: Statements._assign,
    s.AugmentedAssign: Statements._augmented,
    s.AnnotatedAssign: Statements._annotated,
    s.Delete: Statements._delete,
    s.If: Statements._if,
    s.While: Statements._while,
    s.For: Statements._for,
    s.Try: Statements._try,
    s.With: Statements._with,
    s.Match: Statements._match,
    s.Raise: Statements._raise,
    s.Assert: Statements._assert,
    s.Return: Statements._return,
    s.Break: Statements._break,
    s.Continue: Statements._continue,
    s.DefineTypeAlias: Statements._type_alias,
}
