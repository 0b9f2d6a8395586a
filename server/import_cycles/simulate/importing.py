"""Imports: `sys.modules`, parents first, submodules through `from`, star-imports, laziness.

Each act names the CPython function that it follows. Throughout, a module stands in
`sys.modules` before its body runs, and leaves it when the body fails
(importlib._bootstrap, `_load_unlocked`).
"""

from __future__ import annotations

import sys
from typing import Final

from import_cycles.base.names import ModuleName, resolve_relative
from import_cycles.resolve.layout import ModuleFile, ModuleKind
from import_cycles.resolve.targets import package_of
from import_cycles.simulate.core import Active
from import_cycles.simulate.errors import GiveUp, Raised, is_caught
from import_cycles.simulate.expressions import implicit_attribute
from import_cycles.simulate.known import external_value
from import_cycles.simulate.marks import CLASS_NAME, FINDERS, OPEN, RUN_AS, STATUS
from import_cycles.simulate.messages import cannot_import_name, no_attribute, no_module
from import_cycles.simulate.outcome import Spot
from import_cycles.simulate.statements import Statements
from import_cycles.simulate.stores import tick
from import_cycles.simulate.values import (
    NONE,
    UNKNOWN,
    Builtin,
    Const,
    External,
    Frame,
    Function,
    Lazy,
    Maybe,
    Method,
    Module,
    Scope,
    Sequence,
    Status,
    Value,
    Wrapping,
)
from import_cycles.syntax import steps as s
from import_cycles.syntax.imports import ImportFlag, ImportRecord

_STDLIB: Final = frozenset(sys.stdlib_module_names)


class Imports(Statements):
    """Executes import statements."""

    def run_import(self, step: s.Import, frame: Frame) -> None:
        """One `ImportRecord`."""
        summary = self.world.summary(frame.module.name)
        assert summary is not None, "a module that runs has a summary"
        record = summary.imports[step.import_id]
        if ImportFlag.LAZY in record.flags and frame.scope is Scope.MODULE:
            self._bind_lazily(record, step, frame)
            return
        self._note_import(step.import_id, frame, step.mark)
        if record.names is None:
            self._plain_import(record, step, frame)
        else:
            self._from_import(record, step, frame)

    def _plain_import(self, record: ImportRecord, step: s.Import, frame: Frame) -> None:
        """`import a.b` binds `a`; `import a.b as x` goes from `a` to `b` as `from a import b` does."""
        found = self.import_dotted(record.module, frame, step.mark, step.import_id)
        top, *rest = record.module.split(".")
        value = self._top_level(top, found, frame, step.mark)
        if record.bound_as is not None:
            for part in rest:
                value = self._imported_name(value, part, frame, step)
        self.bind(record.bound_as or top, value, frame)

    def _note_import(self, import_id: int, frame: Frame, mark: int) -> None:
        if self.stack:
            self.stack[-1].spot = self.spot(frame, mark)
            self.stack[-1].importing = (frame.module.name, import_id)

    def _top_level(self, top: str, found: Value, frame: Frame, mark: int) -> Value:
        """`PyImport_ImportModuleLevelObject` looks the first part up again, and may load it again."""
        if isinstance(found, External):
            return External(top)
        return self.import_dotted(top, frame, mark, None)

    # --- one dotted name -------------------------------------------------------------------

    def import_dotted(
        self,
        dotted: str,
        frame: Frame,
        mark: int,
        import_id: int | None,
        *,
        is_step: bool = False,
    ) -> Value:
        """`_find_and_load`: what `sys.modules` has, else the parent first, then the module."""
        if not dotted:
            return UNKNOWN
        importer = frame.module.file
        file = self.world.find(dotted, importer)
        known = None if file is None else self.in_modules(file.name)
        if known is not None:
            if is_step:
                self.recorder.step_through(known)
            else:
                self.recorder.meet(known, is_imported=True)
            return known
        package, _, child = dotted.rpartition(".")
        parent: Module | None = None
        if package:
            above = self.import_dotted(package, frame, mark, import_id, is_step=True)
            if not isinstance(above, Module):
                return External(dotted)
            parent = above
        if file is None:
            if parent is None:
                return self._external(dotted, frame, mark)
            return self._missing(dotted, parent, frame, mark, import_id)
        if file.kind is ModuleKind.STUB:
            return External(dotted)
        return self.load_once(file, dotted, parent, child, self.spot(frame, mark))

    def load_once(
        self,
        file: ModuleFile,
        dotted: str,
        parent: Module | None,
        child: str,
        spot: Spot | None = None,
    ) -> Module:
        """The module of a file; run, and set on its package, if it is not loaded.

        `_find_and_load_unlocked` looks into `sys.modules` again and again; what was taken out of
        it in the meantime is a KeyError at `spot`, the statement that imports.
        """
        known = self.in_modules(file.name)
        if known is not None:
            self.recorder.meet(known, is_imported=True)
            return known
        self._still_loaded(parent, spot)
        replayed = self.recorder.replay(file.name, len(self.catchers), len(self.stack))
        loaded = self.load(file, dotted, parent) if replayed is None else replayed
        module = self.in_modules(file.name)
        if module is None:
            self._not_in_modules(dotted, spot)
            return loaded
        holder = self._still_loaded(parent, spot)
        if holder is not None:
            # Only now, when the module has run; case simulate/parent-binding.
            is_own = self.recorder.bind(holder, child, module)
            self.journal.put(holder.names, child, module, is_own=is_own)
        return module

    def _still_loaded(self, package: Module | None, spot: Spot | None) -> Module | None:
        if package is None:
            return None
        loaded = self.in_modules(package.name)
        if loaded is None:
            self._not_in_modules(package.dotted, spot)
        return loaded

    def _not_in_modules(self, dotted: str, spot: Spot | None) -> None:
        """A module has left `sys.modules` while it, or something in it, was loading: KeyError."""
        failure = Raised(Builtin("KeyError"), spot, message=repr(dotted), stack=self.chain())
        self.refuse(failure)

    def load(
        self, file: ModuleFile, dotted: str, package: Module | None = None, run_as: str = ""
    ) -> Module:
        """Run a module that is not loaded."""
        start = tick()
        module = Module(file.name, dotted, file)
        key = ModuleName(run_as) if run_as else file.name
        if run_as:
            module.fields[RUN_AS] = run_as
        load = self.recorder.begin(
            module,
            package,
            start,
            n_catchers=len(self.catchers),
            n_handled=len(self.handling),
            is_main=bool(run_as),
        )
        self.journal.put(self.modules, key, module)
        self.loaded.append(file.name)
        if load is None:
            self.ran.add((file.name, 0))
            self._execute_body(module, key)
            return module
        around = self.ran
        own = self.ran = {(file.name, 0)}
        is_raised = True
        try:
            self._execute_body(module, key)
            is_raised = False
        finally:
            self.ran = around
            if self.recorder.end(load, own, is_raised=is_raised):
                self.layers.append(frozenset(own))
            else:
                around |= own
        return module

    def _execute_body(self, module: Module, key: ModuleName) -> None:
        """Execute a module's statements; one that raises leaves `sys.modules`."""
        file = module.file
        summarized = self.world.summaries.get(file.name)
        if file.kind is not ModuleKind.SOURCE or summarized is None:
            if file.kind is not ModuleKind.NAMESPACE:
                module.fields[OPEN] = True
            self.journal.write(module.fields, STATUS, Status.DONE)
            return
        if not summarized.exact:
            raise GiveUp(f"{file.name} has a syntax error")
        self.journal.write(module.fields, STATUS, Status.RUNNING)
        code = summarized.summary.codes[0]
        frame = Frame(module, 0, code, Scope.MODULE, module.names)
        active = Active(module)
        self.stack.append(active)
        try:
            for position, step in enumerate(code.body):
                active.position = position
                self.execute((step,), frame)
        except Raised:
            if key in self.modules:
                self.journal.take_out(self.modules, key)
            self.journal.write(module.fields, STATUS, Status.FAILED)
            raise
        finally:
            self.stack.pop()
        self.journal.write(module.fields, STATUS, Status.DONE)

    def _external(self, dotted: str, frame: Frame, mark: int) -> Value:
        """A module from outside the project; one that is not Python's own may be missing."""
        if dotted.partition(".")[0] not in _STDLIB:
            failure = self.raised(
                "ModuleNotFoundError", frame, mark, name=dotted, message=no_module(dotted)
            )
            if self.is_awaited(failure):
                self.possible(failure)
        return External(dotted)

    def _missing(
        self,
        dotted: str,
        parent: Module,
        frame: Frame,
        mark: int,
        import_id: int | None,
    ) -> Value:
        """A submodule that has no file: ModuleNotFoundError if a handler is there to take it."""
        self.recorder.meet(parent)
        if parent.file.kind is ModuleKind.NAMESPACE:
            # Another distribution may hold another portion of it.
            return self._external(dotted, frame, mark)
        if parent.is_open or "__path__" in parent.names or self.is_fact(FINDERS):
            return External(dotted)
        is_package = parent.file.is_package or self._has_path(parent, frame, mark)
        failure = self.raised(
            "ModuleNotFoundError",
            frame,
            mark,
            name=dotted,
            message=no_module(dotted, parent="" if is_package else parent.dotted),
            import_id=import_id,
        )
        self.lacking(failure, f"the project has no module {dotted}")
        return External(dotted)

    # --- from m import n -------------------------------------------------------------------

    def absolute(self, record: ImportRecord, frame: Frame, mark: int) -> str:
        """The dotted name that a record means; empty where a relative import leads out of all."""
        if not record.level:
            return record.module
        package = package_of(frame.module.file)
        dotted = resolve_relative(package, record.level, record.module)
        if dotted is None:
            message = (
                "attempted relative import beyond top-level package"
                if package
                else "attempted relative import with no known parent package"
            )
            failure = self.raised("ImportError", frame, mark, message=message)
            self.lacking(failure, message)
            return ""
        return dotted

    def _from_import(self, record: ImportRecord, step: s.Import, frame: Frame) -> None:
        dotted = self.absolute(record, frame, step.mark)
        found = self.import_dotted(dotted, frame, step.mark, step.import_id)
        names = record.names or ()
        if isinstance(found, Module) and self._has_path(found, frame, step.mark):
            for imported in names:
                self._from_list(found, imported.name, frame, step)
        if names and names[0].name == "*":
            self._star(found, frame, step)
            return
        for name in names:
            # Each is bound before the next one is looked for.
            self.bind(name.bound_as, self._imported_name(found, name.name, frame, step), frame)

    def _has_path(self, module: Module, frame: Frame, mark: int) -> bool:
        """Whether it has `__path__`: a package, or a module whose `__getattr__` says so."""
        if module.file.is_package or "__path__" in module.names:
            return True
        hook = module.names.get("__getattr__")
        return isinstance(hook, Function) and self._has(module, "__path__", frame, mark)

    def _from_list(self, package: Module, name: str, frame: Frame, step: s.Import) -> None:
        """`_handle_fromlist`: a name that the package does not have may be a submodule."""
        if name == "*":
            listed = self._all_of(package, frame, step.mark)
            for each in listed or ():
                if each != "*":
                    self._from_list(package, each, frame, step)
            return
        if self._is_submodule(package, name):
            return
        if not self._lacks(package, name) and self._has(package, name, frame, step.mark):
            return
        dotted = f"{package.dotted}.{name}"
        if self.world.find(dotted, frame.module.file) is None:
            # "Backwards-compatibility dictates we ignore failed imports triggered by fromlist."
            return
        self.import_dotted(dotted, frame, step.mark, step.import_id)

    def _is_submodule(self, package: Module, name: str) -> bool:
        """Whether an attribute is there that importing would have brought."""
        value = package.names.get(name)
        if not isinstance(value, Module):
            return False
        file = self.world.find(f"{package.dotted}.{name}", package.file)
        if file is None or file.name != value.name:
            return False
        self.recorder.meet(value, is_imported=True)
        return True

    def _lacks(self, package: Module, name: str) -> bool:
        """Whether an attribute is not there, as is plain without asking anybody."""
        return (
            name not in package.names
            and "__getattr__" not in package.names
            and not package.is_open
            and implicit_attribute(package, name) is None
            and f"{package.dotted}.{name}" not in self.lazy_children
        )

    def _has(self, module: Module, name: str, frame: Frame, mark: int) -> bool:
        """`hasattr`; what is perhaps bound counts as bound."""
        if isinstance(module.names.get(name), Maybe):
            return True
        try:
            return self.find_attribute(module, name, frame, mark) is not None
        except Raised as raised:
            if is_caught(raised, Builtin("AttributeError")):
                return False
            raise

    def _imported_name(self, found: Value, name: str, frame: Frame, step: s.Import) -> Value:
        """`import_from` (Python/ceval.c): the attribute, else `sys.modules`, else ImportError."""
        if isinstance(found, External):
            return external_value(f"{found.dotted}.{name}", self.world.target)
        if not isinstance(found, Module):
            return UNKNOWN
        file = self.world.find(f"{found.dotted}.{name}", found.file)
        bound = found.names.get(name)
        if isinstance(bound, Maybe):
            if found.status is Status.RUNNING and file is None:
                failure = self._cannot_import(found, name, frame, step)
                self.possible(self.too_early(failure, found, name))
            return bound.value
        refused: Raised | None = None
        try:
            value = self.find_attribute(found, name, frame, step.mark)
        except Raised as raised:
            if not is_caught(raised, Builtin("AttributeError")):
                raise
            refused, value = raised, None
        if value is not None:
            return value
        loaded = None if file is None else self.loaded_module(file.name)
        if loaded is not None:
            return loaded
        if file is not None and file.kind is ModuleKind.STUB:
            return UNKNOWN
        failure = self._cannot_import(found, name, frame, step)
        if refused is not None:
            # The module's `__getattr__` has raised an AttributeError.
            failure.cause = refused.as_cause() if refused.is_circular else None
            failure.certain = refused.certain
            raise failure
        return self.missing_name(failure, found, name)

    def _cannot_import(self, found: Module, name: str, frame: Frame, step: s.Import) -> Raised:
        is_running = found.status is Status.RUNNING
        return self.raised(
            "ImportError",
            frame,
            step.mark,
            name=name,
            of=found,
            message=cannot_import_name(name, found.dotted, found.file.path, partial=is_running),
            import_id=step.import_id,
        )

    # --- from m import * -------------------------------------------------------------------

    def _all_of(self, module: Module, frame: Frame, mark: int) -> list[str] | None:
        """The names in `__all__`; None when there is none, or it is not known whole."""
        if not self._has(module, "__all__", frame, mark):
            return None
        listed = self.module_attribute(module, "__all__", frame, mark)
        if not isinstance(listed, Sequence):
            self.open_module(frame.module)
            return None
        if listed.is_open:
            self.open_module(frame.module)
        return [
            item.value
            for item in listed.items
            if isinstance(item, Const) and isinstance(item.value, str)
        ]

    def _star(self, found: Value, frame: Frame, step: s.Import) -> None:
        """`import_all_from` (Python/ceval.c): public names of this moment, or what `__all__` says."""
        if not isinstance(found, Module):
            self.open_module(frame.module)
            return
        if found.is_open:
            self.open_module(frame.module)
        listed = self._all_of(found, frame, step.mark)
        if listed is None:
            if found.status is Status.RUNNING and found is not frame.module:
                self.short_stars.append(
                    (frame.module.name, step.import_id, found, frozenset(found.names))
                )
            self.recorder.look_through(found)
            for name, value in list(found.names.items()):
                if not name.startswith("_"):
                    self.bind(name, value, frame)
            return
        for name in listed:
            self.bind(name, self._star_name(found, name, frame, step), frame)

    def _star_name(self, found: Module, name: str, frame: Frame, step: s.Import) -> Value:
        try:
            return self.module_attribute(found, name, frame, step.mark)
        except Raised as raised:
            raised.import_id = step.import_id
            raise

    # --- attributes of modules -------------------------------------------------------------

    def module_attribute(self, module: Module, name: str, frame: Frame, mark: int) -> Value:
        """`module.name`, PEP 562 included; raises the program's AttributeError."""
        value = self.find_attribute(module, name, frame, mark)
        if value is not None:
            return value
        return self.missing_name(self._no_attribute(module, name, frame, mark), module, name)

    def find_attribute(self, module: Module, name: str, frame: Frame, mark: int) -> Value | None:
        """`module.name`, None if the module surely has no such attribute now.

        Source: Objects/moduleobject.c, `_Py_module_getattro_impl`.
        """
        value = module.names.get(name)
        if isinstance(value, Maybe):
            if module.status is Status.RUNNING:
                failure = self._no_attribute(module, name, frame, mark)
                self.possible(self.too_early(failure, module, name))
            value = value.value
        if isinstance(value, Lazy):
            return self.touch(value, module.names, name, mark, frame)
        if value is not None:
            if isinstance(value, Module) and module.file.is_package:
                self.recorder.meet(value)
            return value
        implicit = implicit_attribute(module, name)
        if implicit is not None:
            return implicit
        if module.file.is_package:
            self.miss_child(module, name)
        lazy = self.lazy_children.get(f"{module.dotted}.{name}")
        if lazy is not None:
            return self.import_lazy_child(lazy, f"{module.dotted}.{name}", frame, mark)
        of_class = module.fields.get((CLASS_NAME, name))
        if isinstance(of_class, Function):
            if of_class.wrapping is Wrapping.PROPERTY:
                return self._from_property(of_class, module, name, frame, mark)
            return Method(of_class, module)
        if isinstance(of_class, Value):
            return of_class
        hook = module.names.get("__getattr__")
        if isinstance(hook, Function):
            return self._from_hook(module, hook, name, frame, mark)
        if hook is not None:
            return UNKNOWN
        if module.is_open:
            self._perhaps_early(module, name, frame, mark)
            return UNKNOWN
        return None

    def _from_property(
        self, prop: Function, module: Module, name: str, frame: Frame, mark: int
    ) -> Value:
        """A property of a module's class; its AttributeError becomes the module's own."""
        try:
            return self.call(prop, (module,), {}, frame, mark)
        except Raised as raised:
            if not is_caught(raised, Builtin("AttributeError")):
                raise
            failure = self._no_attribute(module, name, frame, mark)
            failure.cause = raised.as_cause() if raised.is_circular else None
            failure.certain, failure.doubt = raised.certain, raised.doubt
            raise failure from None

    def _perhaps_early(self, module: Module, name: str, frame: Frame, mark: int) -> None:
        """A module that is loading is asked for what it binds later, or has in a way not seen."""
        if module.status is Status.RUNNING and self.is_still_to_bind(module, name):
            failure = self.too_early(self._no_attribute(module, name, frame, mark), module, name)
            failure.doubt = (
                f"{module.dotted} may have {name} from code that is not followed;"
                f" otherwise {failure.error}: {failure.message}"
            )
            self.possible(failure)

    def _from_hook(
        self, module: Module, hook: Function, name: str, frame: Frame, mark: int
    ) -> Value:
        def ask() -> Value:
            try:
                return self.call(hook, (Const(name),), {}, frame, mark)
            except Raised as raised:
                # Objects/object.c, `set_attribute_error_context`.
                if raised.error == "AttributeError" and not raised.name:
                    raised.name = name
                raise

        if module.is_open:
            # Perhaps the module has the name, and nobody asks the hook.
            return self.fork_value(frame, ask, lambda: UNKNOWN)
        return ask()

    def _no_attribute(self, module: Module, name: str, frame: Frame, mark: int) -> Raised:
        return self.raised(
            "AttributeError",
            frame,
            mark,
            name=name,
            of=module,
            message=no_attribute(
                self.world.target,
                name,
                module.dotted,
                module.file.path,
                is_running=module.status is Status.RUNNING,
                is_loading_child=self.is_loading_child(module, name),
            ),
        )

    # --- PEP 810 ---------------------------------------------------------------------------

    def _bind_lazily(self, record: ImportRecord, step: s.Import, frame: Frame) -> None:
        self.recorder.turn_off()
        if record.names is None:
            name = record.bound_as or record.module.partition(".")[0]
            proxy = Lazy(step.import_id, None, frame, step.mark)
            self.bind(name, proxy, frame)
            if record.bound_as is None and "." in record.module:
                self.journal.write(self.lazy_children, record.module, proxy)
            return
        for imported in record.names:
            self.bind(
                imported.bound_as, Lazy(step.import_id, imported.name, frame, step.mark), frame
            )

    def touch(
        self, value: Value, names: dict[str, Value], name: str, mark: int, frame: Frame
    ) -> Value:
        """Carry out a lazy import: at its first use, with the names of where it was written."""
        if not isinstance(value, Lazy):
            return value
        summary = self.world.summary(value.frame.module.name)
        assert summary is not None, "a module that runs has a summary"
        record = summary.imports[value.import_id]
        self._note_import(value.import_id, frame, mark)
        if value.name is not None or record.bound_as is not None or "." not in record.module:
            self.note_lazy(value.frame, value.import_id)
        dotted = self.absolute(record, value.frame, value.mark)
        # The traceback's last line is the one that touches the name.
        borrowed = Frame(
            frame.module, frame.number, frame.code, frame.scope, frame.names, frame.outer
        )
        if value.name is None:
            # `lazy import p.a` binds `p`: the submodule waits until it is asked for.
            wanted = dotted if record.bound_as is not None else dotted.partition(".")[0]
            result = self.import_dotted(wanted, borrowed, mark, value.import_id)
        else:
            found = self.import_dotted(dotted, borrowed, mark, value.import_id)
            step = s.Import(value.import_id, mark)
            if isinstance(found, Module) and found.file.is_package:
                self._from_list(found, value.name, borrowed, step)
            result = self._imported_name(found, value.name, borrowed, step)
        self.journal.write(names, name, result)
        return result

    def import_lazy_child(self, proxy: Lazy, dotted: str, frame: Frame, mark: int) -> Value:
        """Carry out `lazy import a.b` when `b` is asked of `a`."""
        self.note_lazy(proxy.frame, proxy.import_id)
        self.journal.erase(self.lazy_children, dotted)
        return self.import_dotted(dotted, frame, mark, proxy.import_id)

    def note_lazy(self, holder: Frame, import_id: int) -> None:
        """A lazy import is carried out now; a hook for `import_cycles.simulate.survey`."""

    # --- import_module and __import__ ------------------------------------------------------

    def import_call(
        self, arguments: tuple[Value, ...], keywords: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        """`importlib.import_module(name, package)`."""
        name = arguments[0] if arguments else keywords.get("name")
        if not (isinstance(name, Const) and isinstance(name.value, str)):
            self.note_unknown_import()
            return UNKNOWN
        dotted = name.value
        level = len(dotted) - len(dotted.lstrip("."))
        if level:
            package = arguments[1] if len(arguments) > 1 else keywords.get("package", NONE)
            if not isinstance(package, Const):
                self.note_unknown_import()
                return UNKNOWN
            dotted = self._resolved(dotted, level, package.value, frame, mark)
        if not dotted:
            return UNKNOWN
        if self.stack:
            self.stack[-1].spot = self.spot(frame, mark)
        return self.import_dotted(dotted, frame, mark, None)

    def _resolved(self, name: str, level: int, package: object, frame: Frame, mark: int) -> str:
        """`importlib.import_module(".name", package)`, `_bootstrap._resolve_name`."""
        if not package:
            message = (
                f"the 'package' argument is required to perform a relative import for {name!r}"
            )
            self.lacking(self.raised("TypeError", frame, mark, message=message), message)
            return ""
        absolute = resolve_relative(str(package), level, name[level:])
        if absolute is None:
            message = "attempted relative import beyond top-level package"
            self.lacking(self.raised("ImportError", frame, mark, message=message), message)
            return ""
        return absolute

    def dunder_import(
        self, arguments: tuple[Value, ...], keywords: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        """`__import__(name, globals, locals, fromlist, level)`."""
        found = self.import_call(arguments[:1], keywords, frame, mark)
        from_list = arguments[3] if len(arguments) > 3 else keywords.get("fromlist")
        if from_list is None or self.truth_of(from_list, frame, mark) is False:
            name = arguments[0] if arguments else None
            if isinstance(name, Const) and isinstance(found, Module):
                return self._top_level(str(name.value).partition(".")[0], found, frame, mark)
            return found
        if not (isinstance(found, Module) and isinstance(from_list, Sequence)):
            return found
        if self._has_path(found, frame, mark):
            for item in from_list.items:
                if isinstance(item, Const) and isinstance(item.value, str):
                    self._from_list(found, item.value, frame, s.Import(-1, mark))
        return found
