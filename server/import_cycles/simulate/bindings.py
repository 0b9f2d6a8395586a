"""Which statement of a module binds a name, going by the summary alone."""

from __future__ import annotations

from collections.abc import Iterator

from import_cycles.base.names import ModuleName
from import_cycles.base.record import entity, field
from import_cycles.syntax import steps as s
from import_cycles.syntax.imports import When


@entity
class Bindings:
    """For each module the statements that bind its names; made once per summary."""

    _known: dict[ModuleName, tuple[s.ModuleSummary, dict[str, s.Step]]] = field(
        default_factory=dict
    )

    def of(self, name: ModuleName, summary: s.ModuleSummary) -> dict[str, s.Step]:
        """Name to the last step that binds it; `*` followed by a number for star-imports."""
        known = self._known.get(name)
        if known is None or known[0] is not summary:
            table: dict[str, s.Step] = {}
            for bound, step in bindings(summary.codes[0].body, summary):
                table.pop(bound, None)
                table[bound] = step
            known = self._known[name] = (summary, table)
        return known[1]


def bindings(block: s.Block, summary: s.ModuleSummary) -> Iterator[tuple[str, s.Step]]:
    for step in block:
        match step:
            case s.Import(import_id=import_id):
                record = summary.imports[import_id]
                if record.when is When.TYPING:
                    continue
                if record.names is None:
                    yield record.bound_as or record.module.partition(".")[0], step
                elif record.names and record.names[0].name == "*":
                    yield f"*{import_id}", step
                else:
                    for name in record.names:
                        yield name.bound_as, step
            case s.DefineFunction(name=bound) | s.DefineClass(name=bound):
                yield bound, step
            case s.Assign(targets=targets):
                for target in targets:
                    if isinstance(target, s.NameTarget):
                        yield target.name, step
            case s.AnnotatedAssign(target=s.NameTarget(name=bound), value=value) if value:
                yield bound, step
            case s.If(body=body, orelse=orelse) | s.While(body=body, orelse=orelse):
                yield from bindings(orelse, summary)
                yield from bindings(body, summary)
            case s.For(body=body, orelse=orelse):
                yield from bindings(body, summary)
                yield from bindings(orelse, summary)
            case s.Try(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody):
                for handler in handlers:
                    yield from bindings(handler.body, summary)
                yield from bindings(body, summary)
                yield from bindings(orelse, summary)
                yield from bindings(finalbody, summary)
            case s.With(body=body):
                yield from bindings(body, summary)
            case _:
                pass


def mentions(block: s.Block, text: str) -> bool:
    """Whether a literal or a bound name in a block reads like this; functions are not looked into."""
    pending: list[object] = list(block)
    while pending:
        part = pending.pop()
        if isinstance(part, tuple):
            pending += part
        elif isinstance(part, s.Constant):
            if part.value == text:
                return True
        elif (
            isinstance(part, (s.DefineClass, s.DefineFunction, s.NameTarget)) and part.name == text
        ):
            return True
        if hasattr(part, "__match_args__"):
            pending += (getattr(part, name) for name in part.__match_args__)
    return False
