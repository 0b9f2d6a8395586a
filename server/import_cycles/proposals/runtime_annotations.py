"""Is an annotation read while the program runs? Then what it names must be there at run time.

A *certain* concern rules a fix out: pydantic evaluates the fields of its models, a decorator from
outside may do anything. A *possible* one makes it unsafe: the project reads signatures or fields
somewhere, but it cannot be decided of which objects. Sources: the documentation of the libraries,
and ruff's rules TC001 to TC003 ("runtime-evaluated" and "runtime-required" definitions).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from import_cycles.base.names import ModuleName, dotted_name
from import_cycles.base.record import record
from import_cycles.libraries.facts import Gives, Reads, Registry
from import_cycles.libraries.table import facts, names_saying
from import_cycles.proposals.fix import FixContext, RuntimeAnnotations
from import_cycles.proposals.origins import (
    External,
    Origin,
    Origins,
    OwnClass,
    OwnFunction,
    OwnValue,
    dotted_parts,
    step_parts,
)
from import_cycles.source.insertion import has_future_annotations
from import_cycles.source.scopes import Annotation, AnnotationPlace, Read
from import_cycles.source.uses import FileUses
from import_cycles.syntax import steps as s

_DEPTH: Final = 12

_SIGNATURE_PLACES: Final = frozenset({AnnotationPlace.PARAMETER, AnnotationPlace.RETURN})
_SILENT_PLACES: Final = frozenset({AnnotationPlace.LOCAL_VARIABLE, AnnotationPlace.CAST})


LAZY_SINCE: Final = (3, 14)
"""The first Python that evaluates annotations only when asked (PEP 649)."""


@record
class Concern:
    """Why a name of an annotation may be needed at run time, as a sentence without its end."""

    reason: str
    is_certain: bool


class AnnotationConcerns:
    """Answers about the annotations of one module."""

    def __init__(self, context: FixContext, module: ModuleName, uses: FileUses) -> None:
        self._context = context
        self._module = module
        self._uses = uses
        self._origins = Origins(context.summary, context.resolve)

    def concern(self, read: Read) -> Concern | None:
        """The code that may need the name of one read in an annotation; certain needs come first."""
        annotation = read.annotation
        if annotation is None or read.for_type_checkers:
            return None
        if read.in_metadata:
            told = f"`{read.name}` is a value in `Annotated[…]`, not a type"
            return Concern(told, is_certain=True)
        if annotation.place in _SILENT_PLACES:
            return None
        if annotation.place in _SIGNATURE_PLACES:
            reason = self._function_reason(annotation.owner)
        elif annotation.place is AnnotationPlace.CLASS_VARIABLE:
            reason = self._field_reason(annotation, read)
        else:
            reason = ""
        if reason:
            return Concern(reason, is_certain=True)
        is_lazy = self._context.target.version >= LAZY_SINCE and not read.is_quoted
        return self._possible(annotation.place, are_evaluated=is_lazy and not self._is_postponed)

    def whole_file_concern(self) -> str:
        """Whether anything in the file is annotated that may be read; empty when nothing is.

        `from __future__ import annotations` makes all of them strings.
        """
        possible = self._possible(AnnotationPlace.STRING)
        if possible is not None:
            return possible.reason
        for node in ast.walk(self._uses.file.tree):
            reason = ""
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _is_annotated(node):
                reason = self._function_reason(node)
            elif isinstance(node, ast.ClassDef) and any(
                isinstance(each, ast.AnnAssign) for each in node.body
            ):
                reason = self._class_reason(node) or self._hidden_form(node)
            if reason:
                return reason
        return ""

    def _hidden_form(self, node: ast.ClassDef) -> str:
        """Whether `dataclass` might not recognise a special form in a string.

        It looks the first word of the annotation up in the module, or the second in the first.
        """
        if not node.decorator_list:
            return ""
        for each in node.body:
            if not isinstance(each, ast.AnnAssign):
                continue
            parts = dotted_parts(each.annotation)
            origin = self._origins.of(self._module, parts)
            is_known = isinstance(origin, External | OwnClass) and len(parts) < 3
            if parts and not is_known:
                return f"`{'.'.join(parts)}` may mean something to the decorator of a class"
        return ""

    # --- the project as a whole --------------------------------------------------------------

    def _possible(self, place: AnnotationPlace, *, are_evaluated: bool = False) -> Concern | None:
        """`are_evaluated`: Python itself evaluates them as soon as code asks for a signature."""
        wanted = Reads.BOTH
        if place in _SIGNATURE_PLACES:
            wanted = Reads.SIGNATURES | (Reads.EVALUATED if are_evaluated else Reads.NONE)
        elif place is AnnotationPlace.CLASS_VARIABLE:
            wanted = Reads.FIELDS
        for each in self._context.annotation_readers():
            if not each.reads & wanted:
                continue
            if each.is_library and place is AnnotationPlace.MODULE_VARIABLE:
                continue
            module = self._context.layout.at_path(each.path)
            where = "a file" if module is None else dotted_name(module.name)
            return Concern(f"{where} uses {each.word}, which reads annotations", is_certain=False)
        return None

    # --- functions ---------------------------------------------------------------------------

    def _function_reason(self, owner: ast.AST) -> str:
        decorators: list[ast.expr] = getattr(owner, "decorator_list", [])
        for decorator in decorators:
            reason = self._decorator_reason(decorator)
            if reason:
                return reason
        around = self._classes.get(owner)
        if around is None:
            return ""
        for decorator in around.decorator_list:
            reason = self._decorator_reason(decorator, of_methods=True)
            if reason:
                return reason
        for base in around.bases:
            origin = self._origins.of(self._module, dotted_parts(base))
            for outside in self._outside(self._module, origin, _DEPTH):
                if facts(outside.dotted).base_reads & Reads.SIGNATURES:
                    told = outside.package
                    return f"its class derives from one of {told}, which reads annotations"
        return ""

    @cached_property
    def _classes(self) -> dict[ast.AST, ast.ClassDef]:
        """The class that each method stands in, under conditions too."""
        return {
            each: node
            for node in ast.walk(self._uses.file.tree)
            if isinstance(node, ast.ClassDef)
            for each in _functions_of(node)
        }

    def _decorator_reason(self, decorator: ast.expr, *, of_methods: bool = False) -> str:
        parts = dotted_parts(decorator)
        if not parts:
            return "it is decorated with something that may read annotations"
        if facts(f"builtins.property.{parts[-1]}").gives is Gives.PROPERTY and len(parts) > 1:
            return ""
        told = f"`@{'.'.join(parts)}`"
        has_arguments = isinstance(decorator, ast.Call) and decorator.args
        if parts[-1] == "register" and not has_arguments:
            return f"{told} reads the annotation when it is executed"
        if parts[-1] == "register" and self._is_dispatcher(parts[:-1]):
            return ""
        origin = self._origins.of(self._module, parts)
        if (
            of_methods
            and isinstance(origin, External)
            and facts(origin.dotted).reads == Reads.FIELDS
        ):
            return ""
        return self._tool_reason(origin, told, self._settings.decorators, _DEPTH)

    def _is_dispatcher(self, parts: tuple[str, ...]) -> bool:
        """Whether a function of the project is made by `functools.singledispatch`."""
        function = self._origins.of(self._module, parts)
        if not isinstance(function, OwnFunction):
            return False
        made_by = (
            self._origins.of(function.module, step_parts(decorator))
            for decorator in function.step.decorators
        )
        return any(
            isinstance(each, External)
            and bool(facts(f"{each.dotted}().register").reads & Reads.SIGNATURES)
            for each in made_by
        )

    def _tool_reason(
        self, origin: Origin, told: str, configured: frozenset[str], depth: int
    ) -> str:
        """Why a decorator may read annotations."""
        match origin:
            case External(dotted=dotted):
                return self._external_reason(origin, told, dotted in configured)
            case OwnFunction(module=module, step=step):
                if f"{dotted_name(module)}.{step.name}" in configured:
                    return f"the configuration of ruff says that {told} reads annotations"
                return ""
            case OwnClass(module=module, step=own):
                if f"{dotted_name(module)}.{own.name}" in configured:
                    return f"the configuration of ruff says that {told} reads annotations"
                return ""
            case OwnValue(module=module, value=value) if depth > 0:
                inner = self._origins.of(module, step_parts(value))
                return self._tool_reason(inner, told, configured, depth - 1)
            case _:
                return f"{told} may read annotations"

    def _external_reason(self, origin: External, told: str, is_configured: bool) -> str:
        if is_configured:
            return f"the configuration of ruff says that {told} reads annotations"
        reads = facts(origin.dotted).reads
        if reads & Reads.BOTH:
            return f"{told} is of {origin.package}, which reads annotations"
        if not reads & Reads.UNKNOWN:
            return ""
        return f"{told} comes from {origin.package} and may read annotations"

    # --- classes -----------------------------------------------------------------------------

    def _field_reason(self, annotation: Annotation, read: Read) -> str:
        node = annotation.scope.node
        if not isinstance(node, ast.ClassDef):
            return ""
        if self._is_relationship(annotation, read):
            return ""
        return self._class_reason(node) or self._dataclass_reason(node, annotation)

    def _class_reason(self, node: ast.ClassDef) -> str:
        """Why the annotated variables of a class may be read."""
        for decorator in node.decorator_list:
            reason = self._decorator_reason(decorator)
            if reason:
                return reason
        for base in node.bases:
            parts = dotted_parts(base)
            reason = self._base_reason(self._module, parts, _DEPTH)
            if reason:
                return reason
        for keyword in node.keywords:
            if keyword.arg == "metaclass":
                reason = self._base_reason(self._module, dotted_parts(keyword.value), _DEPTH)
                if reason:
                    return reason
        return ""

    def _base_reason(self, module: ModuleName, parts: tuple[str, ...], depth: int) -> str:
        told = f"`{'.'.join(parts)}`" if parts else "a computed class"
        if not parts or depth == 0:
            return f"a class derives from {told}, which may read annotations"
        origin = self._origins.of(module, parts)
        configured = self._settings.base_classes
        match origin:
            case External(dotted=dotted):
                if dotted in configured:
                    return f"the configuration of ruff says that {told} reads annotations"
                reads = facts(dotted).base_reads
                if reads & Reads.BOTH:
                    return (
                        f"a class derives from {told} of {origin.package}, which reads annotations"
                    )
                if not reads & Reads.UNKNOWN:
                    return ""
                return (
                    f"a class derives from {told} of {origin.package}, which may read annotations"
                )
            case OwnClass(module=there, step=step):
                if f"{dotted_name(there)}.{step.name}" in configured:
                    return f"the configuration of ruff says that {told} reads annotations"
                return next(self._reasons_of(there, step, depth), "")
            case OwnValue(module=there, value=value):
                return self._base_reason(there, step_parts(value), depth - 1)
            case _:
                return f"a class derives from {told}, which may read annotations"

    def _reasons_of(self, module: ModuleName, step: s.DefineClass, depth: int) -> Iterator[str]:
        """Why a class of the project hands annotations of its subclasses on."""
        metaclasses = [value for keyword, value in step.keywords if keyword == "metaclass"]
        for base in (*step.bases, *metaclasses):
            reason = self._base_reason(module, step_parts(base), depth - 1)
            if reason:
                yield reason

    def _outside(self, module: ModuleName, origin: Origin, depth: int) -> Iterator[External]:
        """The bases of a class that are not of the project."""
        match origin:
            case External():
                yield origin
            case OwnClass(module=there, step=step) if depth > 0:
                for base in step.bases:
                    inner = self._origins.of(there, step_parts(base))
                    yield from self._outside(there, inner, depth - 1)
            case OwnValue(module=there, value=value) if depth > 0:
                inner = self._origins.of(there, step_parts(value))
                yield from self._outside(there, inner, depth - 1)
            case _:
                return

    def _dataclass_reason(self, node: ast.ClassDef, annotation: Annotation) -> str:
        """Decorators such as `dataclass` look for special forms, under whatever name."""
        if not node.decorator_list:
            return ""
        root: ast.expr = annotation.root
        if isinstance(root, ast.Constant) and isinstance(root.value, str):
            try:
                root = ast.parse(root.value.strip(), mode="eval").body
            except SyntaxError:
                return "the annotation of a dataclass is no expression"
        if isinstance(root, ast.BinOp | ast.Constant):
            return ""
        parts = dotted_parts(root)
        origin = self._origins.of(self._module, parts)
        for _ in range(_DEPTH):
            if isinstance(origin, OwnValue):
                origin = self._origins.of(origin.module, step_parts(origin.value))
        match origin:
            case External(dotted=dotted) if dotted.rpartition(".")[2] not in _special_forms():
                return ""
            case OwnClass():
                return ""
            case _:
                told = ".".join(parts) or "something"
                return f"`{told}` may mean something to the decorator of the class"

    def _is_relationship(self, annotation: Annotation, read: Read) -> bool:
        """Whether SQLAlchemy looks a quoted name up in its own registry."""
        match annotation.owner:
            case ast.AnnAssign(
                annotation=ast.Subscript(value=mapped), value=ast.Call(func=function)
            ):
                pass
            case _:
                return False
        if (dotted_parts(mapped) or ("",))[-1] != "Mapped" or not read.is_quoted:
            return False
        origin = self._origins.of(self._module, dotted_parts(function))
        return isinstance(origin, External) and (facts(origin.dotted).registry is Registry.MAPPERS)

    @cached_property
    def _is_postponed(self) -> bool:
        return has_future_annotations(self._uses.file)

    @property
    def _settings(self) -> RuntimeAnnotations:
        return self._context.settings.annotations


def _special_forms() -> frozenset[str]:
    """Their last names: decorators recognise them wherever they were imported from."""
    return frozenset(name.rpartition(".")[2] for name in names_saying("is_special_form"))


def _functions_of(node: ast.ClassDef) -> Iterator[ast.AST]:
    pending: list[ast.AST] = [*node.body]
    while pending:
        each = pending.pop()
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            yield each
        elif not isinstance(each, ast.ClassDef):
            pending += [
                child for child in ast.iter_child_nodes(each) if isinstance(child, ast.stmt)
            ]


def _is_annotated(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [each for each in (arguments.vararg, arguments.kwarg) if each is not None]
    return node.returns is not None or any(each.annotation is not None for each in every)
