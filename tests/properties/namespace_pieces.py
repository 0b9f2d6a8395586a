"""Names in random programs that no statement binds, and modules that none names."""

from __future__ import annotations

from value_tests import is_open, one_of, reaction
from writer import Lines, Scope, Writer


def namespace(w: Writer, scope: Scope) -> Lines:
    """Names are bound through dicts of modules, and asked for."""
    name, other = w.a_name("K"), w.other()
    names = "'K1', 'K2', 'K3'"
    by_keyword = f"{name}=1" if is_open(w) else f"{{'{name}': 1}}"
    forms: list[Lines] = [
        [f"globals().update({by_keyword})"],
        [f"globals()['{name}'] = 1"],
        [f"globals().setdefault('{name}', 2)"],
        [f"setattr(sys.modules[__name__], '{name}', 1)"],
        [f"for each in ({names}): globals()[each] = 1"],
        [f"for each in ({names}): setattr(sys.modules[__name__], each, 2)"],
        [f"import {other}", f"vars({other})['{name}'] = 1"],
        [f"import {other}", f"vars({other}).update({by_keyword})"],
        [f"import {other}", f"{other}.__dict__['{name}'] = 1"],
        [f"import {other}", f"for each in ({names}): setattr({other}, each, 3)"],
        [f"import {other}", *reaction(w, scope, f"'{name}' in vars({other})")],
        reaction(w, scope, f"'{name}' in vars(sys.modules[__name__])"),
        [f"import {other}", *reaction(w, scope, f"hasattr({other}, '{name}')")],
        [f"import {other}", *reaction(w, scope, f"getattr({other}, '{name}', None) is None")],
        [f"K1 = globals().get('{name}', 1)"],
        [f"globals().pop('{name}', None)"],
    ]
    if not scope.in_function and not scope.in_class:
        w.note(name, scope)
        forms += [
            [f"vars()['{name}'] = 1"],
            [f"locals()['{name}'] = 1"],
            reaction(w, scope, f"'{name}' in dir()"),
            ["__all__ = [each for each in dir() if each.startswith(('K', 'f', 'C'))]"],
            ["__all__ = [each for each in globals() if each.startswith(('K', 'f', 'C'))]"],
            [
                "__all__ = []",
                "for each in list(globals()):",
                "    if not each.startswith('_'): __all__.append(each)",
            ],
            [f"import {other}", f"globals().update({other}.__dict__)"],
            [
                f"import {other}",
                "globals().update({k: v for k, v in vars("
                + other
                + ").items() if k.startswith('K')})",
            ],
            [
                "for each, value in list(globals().items()):",
                f"    if each == '{name}':",
                *[f"    {x}" for x in w.block(w.deeper(scope, in_loop=True), 1)],
            ],
        ]
    return one_of(w, forms)


def built_in(w: Writer, scope: Scope) -> Lines:
    """Something is added to `builtins`, and a name is read that may be there."""
    name = w.a_name("K")
    forms: list[Lines] = [
        [f"builtins.{name} = 1"],
        [f"setattr(builtins, '{name}', 1)"],
        [f"builtins.__dict__['{name}'] = 1"],
        [f"vars(builtins)['{name}'] = 1"],
        [f"if hasattr(builtins, '{name}'):", *w.block(w.deeper(scope), 1)],
        [f"K2 = {name}"],
    ]
    return one_of(w, forms)


def executed(w: Writer, scope: Scope) -> Lines:
    """A text is executed or evaluated."""
    name, other = w.a_name("K"), w.other()
    n = w.fresh("env")
    forms: list[Lines] = [
        [f"exec('{name} = 1')"],
        ["for each in ('K1', 'K2'):", "    exec(each + ' = 1')"],
        ["exec('def f1():\\n    return 1')"],
        [f"{n} = {{}}", f"exec('def made(): return 1', {n})", f"K1 = {n}['made']()"],
        [f"{n} = {{}}", f"exec('{name} = 1', {{}}, {n})", *reaction(w, scope, f"'{name}' in {n}")],
        [f"exec('{name} = 1', globals())"],
        [f"import {other}", f"exec('{name} = 2', vars({other}))"],
        [f"import {other}", f"exec('{name} = 2', {other}.__dict__)"],
        ["K1 = eval('1 + 1')", *reaction(w, scope, "K1 == 2")],
        [f"K1 = eval('{name}')"],
        ["K1 = eval('lambda: 1')()"],
        [f"{n} = getattr(builtins, 'exec')", f"{n}('{name} = 1')"],
        [f"class {n}:", "    exec('one = 1')", *reaction(w, scope, f"hasattr({n}, 'one')")],
        [f"def {n}(text):", "    exec(text, globals())", f"{n}('{name} = 1')"],
        [f"exec(compile('{name} = 1', 'made', 'exec'))"],
    ]
    if not scope.in_function and not scope.in_class:
        w.note(name, scope)
    return one_of(w, forms)


def unknown_import(w: Writer, scope: Scope) -> Lines:
    """A module is imported by a name that only CPython knows."""
    item = w.item()
    forms: list[Lines] = [
        [f"importlib.import_module(os.environ.get('NOT_SET', {item}))"],
        [f"__import__(os.environ.get('NOT_SET', {item}))"],
        [
            f"for each in os.environ.get('NOT_SET', {item}).split():",
            "    importlib.import_module(each)",
        ],
        [f"m7 = sys.modules[os.environ.get('NOT_SET', {item})]"],
        [f"m7 = sys.modules.get(os.environ.get('NOT_SET', {item}))"],
    ]
    return one_of(w, forms)


def walked(w: Writer, scope: Scope) -> Lines:
    """The modules of a package are imported in a loop."""
    packages = [each for each in w.project.modules if w.project.is_package(each)]
    packages += sorted({each.rpartition(".")[0] for each in w.project.modules if "." in each})
    if not packages:
        return ["pass"]
    package = w.pick(packages)
    lines = [f"import {package}"]
    path = "__path__" if package == w.name and w.chance(50) else f"{package}.__path__"
    if package == w.name and path == "__path__":
        lines = []
    walk = w.pick(["iter_modules", "iter_modules", "walk_packages"])
    prefix = f"'{package}.'" if w.chance(50) else ""
    arguments = f"{path}, {prefix}" if prefix else path
    name = "each.name" if prefix else f"'{package}.' + each.name"
    forms: list[Lines] = [
        [f"for each in pkgutil.{walk}({arguments}):", f"    importlib.import_module({name})"],
        [
            f"for _, each, is_package in pkgutil.{walk}({path}, '{package}.'):",
            "    if not is_package:",
            "        __import__(each)",
        ],
        [f"L1 = [each.name for each in pkgutil.iter_modules({arguments})]"],
        [
            f"for each in pkgutil.iter_modules({arguments}):",
            f"    if each.name.endswith({w.item()[-2:-1]!r}):",
            "        break",
            f"    importlib.import_module({name})",
        ],
    ]
    if forms[2][0].startswith("L1") and not scope.in_function and not scope.in_class:
        w.note("L1", scope)
    return lines + one_of(w, forms)
