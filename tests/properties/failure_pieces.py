"""What failures leave behind in random programs, and operations that may fail."""

from __future__ import annotations

from value_tests import one_of, reaction
from writer import Lines, Scope, Writer


def stand_in(w: Writer, scope: Scope) -> Lines:
    """A handler binds a stand-in for the failed import; the program uses it later."""
    other, kind = w.other(), w.pick("KfCdgE")
    name = w.name_in(other, kind)
    alias = w.name_in(w.name, kind)
    w.note(name, scope)
    given = w.pick(["None", "None", "0", "'x'", "object", "()", "False"])
    caught = w.pick(["ImportError", "ImportError", "(ImportError, AttributeError)", "Exception"])
    read = (
        [f"from {other} import {name}"]
        if w.chance(75)
        else [f"import {other}", f"{name} = {other}.{name}"]
    )
    first = [
        "try:",
        *[f"    {line}" for line in read],
        f"except {caught}:",
        f"    {name} = {given}",
    ]
    if w.chance(20):
        first = ["try:", *[f"    {line}" for line in read], f"except {caught}:", "    pass"]
    elif w.chance(15):
        first = [
            f"with contextlib.suppress({caught.strip('()')}):",
            *[f"    {line}" for line in read],
        ]
    elif w.chance(10):
        import_ = f"import {other}"
        first = [import_, f"{name} = getattr({other}, '{name}', {given})"]
    guarded = w.chance(35)
    uses: dict[str, Lines] = {
        "K": [f"K1 = {name} + 1", f"K1 = [{name}][0]", f"K1 = {name}.real", f"K1 = -{name}"],
        "f": [f"{name}()", f"K1 = {name}()", f"{alias} = functools.partial({name})"],
        "C": [f"{name}()", f"class C9({name}): pass", f"{name}.late", f"isinstance(1, {name})"],
        "d": [f"@{name}\ndef f9(): pass", f"{name}(int)"],
        "g": [f"for each in {name}(): pass", f"list({name}())", f"[*{name}()]"],
        "E": [f"class E9({name}): pass", f"try: pass\nexcept {name}: pass"],
    }
    use = w.pick(uses[kind]).split("\n")
    if guarded:
        test = w.pick([f"{name} is not None", name, f"callable({name})", f"{name} != {given}"])
        return [*first, f"if {test}:", *[f"    {line}" for line in use]]
    return [*first, *use]


def careful_stand_in(w: Writer, scope: Scope) -> Lines:
    """The same, but the program uses the name only if the import has worked."""
    other = w.other()
    name = w.name_in(other, "f")
    w.note(name, scope)
    tests = [f"{name} is not None", f"{name}"]
    return [
        "try:",
        f"    from {other} import {name}",
        "except ImportError:",
        f"    {name} = None",
        *reaction(w, scope, w.pick(tests)),
        f"if {name}:",
        f"    {name}()",
    ]


def flagged(w: Writer, scope: Scope) -> Lines:
    """A flag tells whether an import has failed."""
    other = w.other()
    name = w.name_in(other)
    flag = w.fresh("HAVE")
    return [
        "try:",
        f"    from {other} import {name}",
        f"    {flag} = True",
        "except ImportError:",
        f"    {flag} = False",
        *reaction(w, scope, w.pick([flag, f"not {flag}", f"{flag} is True"])),
    ]


def raised_anew(w: Writer, scope: Scope) -> Lines:
    """A handler raises another exception, stops the program, or keeps the exception for later."""
    other = w.other()
    name = w.name_in(other)
    w.note(name, scope)
    kept = w.fresh("kept")
    ends: list[Lines] = [
        ["except ImportError as error:", "    raise ImportError('hint') from error"],
        ["except ImportError as error:", "    raise RuntimeError('hint') from error"],
        ["except ImportError:", "    raise ValueError('hint')"],
        ["except ImportError:", "    raise ImportError('hint') from None"],
        ["except ImportError:", "    sys.exit(1)"],
        ["except ImportError:", f"    raise {w.reference('E', scope)}('hint')"],
        [
            "except ImportError as error:",
            f"    {kept} = error",
            f"if '{kept}' in globals(): raise {kept}",
        ],
        ["except Exception:", "    raise"],
        ["finally:", f"    {kept} = 1"],
    ]
    return ["try:", f"    from {other} import {name}", *one_of(w, ends)]


def shadowed(w: Writer, scope: Scope) -> Lines:
    """A package binds a name that is also one of its submodules."""
    inside = [each for each in w.project.modules if "." in each]
    if not inside:
        return ["pass"]
    module = w.pick(inside)
    package, _, child = module.rpartition(".")
    if package == w.name and not scope.in_function and not scope.in_class:
        return one_of(
            w,
            [
                [f"from {module} import {w.name_in(module, 'f')} as {child}"],
                [f"def {child}(): return 1"],
            ],
        )
    uses = [
        f"{child}()",
        f"class C9({child}): pass",
        f"@{child}\ndef f9(): pass",
        f"for each in {child}: pass",
        f"{child} + 1",
        f"with {child}: pass",
    ]
    return [f"from {package} import {child}", *w.pick(uses).split("\n")]


_ATTEMPTS = (
    ("", "[].remove(1)", "ValueError"),
    ("", "[1].remove(1)", "ValueError"),
    ("", "[].pop()", "IndexError"),
    ("", "['a'][0]", "IndexError"),
    ("", "[][0]", "LookupError"),
    ("", "{}['a']", "KeyError"),
    ("", "{'a': 1}['a']", "KeyError"),
    ("", "set().remove(1)", "KeyError"),
    ("", "{}.popitem()", "KeyError"),
    ("", "int('x')", "ValueError"),
    ("", "int('7')", "ValueError"),
    ("", "max([])", "ValueError"),
    ("", "next(iter([]))", "StopIteration"),
    ("", "'abc'.index('z')", "ValueError"),
    ("", "one, two = [1]", "ValueError"),
    ("", "one, two = [1, 2]", "ValueError"),
    ("", "1 // 0", "ZeroDivisionError"),
    ("", "None + 1", "TypeError"),
    ("", "1 < 'a'", "TypeError"),
    ("", "'a' + 1", "TypeError"),
    ("", "'a' + 'b'", "TypeError"),
    ("", "len(3)", "TypeError"),
    ("", "list(3)", "TypeError"),
    ("", "hash([])", "TypeError"),
    ("", "open('/no/such/file')", "OSError"),
    ("", "os.environ['NOT_SET']", "KeyError"),
    ("class Bare: pass", "Bare.one", "AttributeError"),
    ("class Bare: one = 1", "Bare.one", "AttributeError"),
    ("class Bare: pass", "Bare().one", "AttributeError"),
    ("class Bare: pass", "Bare(1)", "TypeError"),
    ("class Bare: pass", "class Both(Bare, object): pass", "TypeError"),
    ("class Bare: pass", "class Both(object, Bare): pass", "TypeError"),
    ("def bare(): pass", "bare(1)", "TypeError"),
    ("def bare(): pass", "bare()", "TypeError"),
    ("def bare(): pass", "bare.one", "AttributeError"),
    ("class Part(enum.Enum): A = 1", "Part(2)", "ValueError"),
    ("class Part(enum.Enum): A = 1", "Part(1)", "ValueError"),
    ("class Part(enum.Enum): A = 1", "Part['B']", "KeyError"),
    ("class Part(enum.Enum): A = 1", "Part.B", "AttributeError"),
    ("", "'%d' % 'a'", "TypeError"),
    ("", "().append(1)", "AttributeError"),
    ("", "str.removeprefix", "AttributeError"),
    ("", "str.no_such_method", "AttributeError"),
    ("", "unicode", "NameError"),
    ("", "importlib.import_module('no_such_module')", "ImportError"),
)
"""What comes first, an operation, and the class of what it raises if it fails; some of them do."""


def attempted(w: Writer, scope: Scope) -> Lines:
    """An operation that may fail, where a handler stands ready."""
    first, operation, error = _ATTEMPTS[w.random.randrange(len(_ATTEMPTS))]
    caught = w.pick([error, error, "Exception", f"({error}, ImportError)"])
    inner = w.deeper(scope)
    behind = w.block(inner, 1)
    forms: list[Lines] = [
        ["try:", f"    {operation}", *behind, f"except {caught}:", "    pass"],
        ["try:", f"    {operation}", f"except {caught}:", *behind],
        ["try:", f"    {operation}", f"except {caught}:", "    pass", "else:", *behind],
        [f"with contextlib.suppress({error}):", f"    {operation}", *behind],
    ]
    return [*([first] if first else []), *one_of(w, forms)]
