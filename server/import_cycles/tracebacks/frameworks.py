"""Messages of Python itself and of frameworks that speak of imports in words of their own.

Each gets the explanation that is certain: most have several reasons, of which a cycle is one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from import_cycles.tracebacks.diagnosis import Scene, Story, Verdict

_LOCK: Final = re.compile(r"deadlock detected by _ModuleLock\('(?P<module>[^']+)'\)")
_URLCONF: Final = re.compile(r"The included URLconf '(?P<module>[^']+)'")
_NOT_DEFINED: Final = re.compile(
    r"`(?P<model>\w+)` is not fully defined; you should define (?P<names>.+?), then call"
)


def framework_story(scene: Scene) -> Story | None:
    """The story of a message that names its framework's own trouble; None for any other."""
    tell = _STORIES.get(scene.failure.error)
    return None if tell is None else tell(scene)


def _deadlock(scene: Scene) -> Story | None:
    """Two threads import (importlib._bootstrap, `_ModuleLock`): each holds the lock that the other needs."""
    found = _LOCK.match(scene.failure.message)
    if found is None:
        return None
    return Story(
        Verdict.OPEN,
        (
            f"Two threads import at the same time, and each waits for a module that the other is loading;"
            f" one of them is {found['module']}. Modules that import one another make that possible:"
            " one thread alone would go through the cycle.",
        ),
        (
            f"Import {found['module']} once before the threads are started, at the top of the program.",
            "Or end the cycle among these modules: `import-cycles explain "
            f"{found['module']}` shows it, if the project has one.",
        ),
    )


def _urlconf(scene: Scene) -> Story | None:
    """Django asks the module for `urlpatterns` (django/urls/resolvers.py, `url_patterns`)."""
    found = _URLCONF.match(scene.failure.message)
    if found is None:
        return None
    name = found["module"]
    module = scene.finder.named(name)
    if module is None or scene.text(module) is None:
        return Story(
            Verdict.OPEN,
            (
                f"{name} was asked for `urlpatterns` and had no list of that name: it binds none, or it"
                " was still loading, because something that it imports asks for the addresses"
                " (`reverse`, `resolve`) while it loads.",
            ),
            (
                f"See whether {name} binds `urlpatterns`; `import-cycles explain {name}` tells of cycles.",
            ),
        )
    bindings = scene.names(module).bindings("urlpatterns")
    if scene.lacks(module, "urlpatterns"):
        return Story(
            Verdict.UNRELATED,
            (f"Not a circular import: no line of {name} binds `urlpatterns`.",),
            (f"Bind `urlpatterns` in {name}, or include the module that does.",),
        )
    line = bindings[0].line if bindings else 0
    where = f"line {line} of {name} binds it" if line else f"{name} may bind it"
    return Story(
        Verdict.OPEN,
        (
            f"{name} was asked for `urlpatterns` before it had them: {where}. Something that it imports"
            " asks for the addresses while it loads, or its own import failed and was tried again.",
        ),
        (
            "Use `reverse_lazy` for what is looked up while modules load, and import views inside"
            f" functions where they need the addresses; `import-cycles explain {name}` tells of cycles.",
        ),
    )


def _apps_not_ready(scene: Scene) -> Story:
    """Django's registry of apps (django/apps/registry.py) is filled by `django.setup()`."""
    chain = scene.chain
    way = f" ({' → '.join(stop.module.name for stop in chain)})" if len(chain) > 1 else ""
    return Story(
        Verdict.UNRELATED,
        (
            "Not a circular import: models, or what needs them, were imported before Django had loaded"
            f" its apps{way}.",
        ),
        (
            "Import models inside functions, or in `AppConfig.ready`, where an `__init__` of an app, its"
            " `apps` module or the settings do it; in a script call `django.setup()` first.",
        ),
    )


def _not_defined(scene: Scene) -> Story | None:
    """Pydantic could not find names of annotations (pydantic, "class-not-fully-defined")."""
    found = _NOT_DEFINED.match(scene.failure.message)
    if found is None:
        return None
    model = found["model"]
    names = re.findall(r"`(\w+)`", found["names"]) or [found["names"].strip("`")]
    guarded = [
        f"line {line} of {stop.module.name} imports {name} for type checkers only"
        for stop in scene.frames
        for name in names
        if (line := scene.names(stop.module).guarded_import_of(name)) is not None
    ]
    why = (
        f": {'; '.join(dict.fromkeys(guarded))}"
        if guarded
        else (
            ": they are imported for type checkers only, or come from a module that was still loading"
        )
    )
    shown = " and ".join(names)
    return Story(
        Verdict.UNRELATED if guarded else Verdict.OPEN,
        (f"The annotations of {model} need {shown} at run time, which was not there{why}.",),
        (
            f"Where both modules have loaded, call `{model}.model_rebuild()` with {shown} in reach, for"
            f" instance in the package's `__init__` after both imports; or import the module instead of the"
            " name, and write the annotation with it.",
        ),
    )


_STORIES: Final[Mapping[str, Callable[[Scene], Story | None]]] = {
    "_DeadlockError": _deadlock,
    "ImproperlyConfigured": _urlconf,
    "AppRegistryNotReady": _apps_not_ready,
    "PydanticUserError": _not_defined,
}
