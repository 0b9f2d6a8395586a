"""Questions about values in random programs, and what depends on the answers.

What an open program may have besides stands apart: tests that only CPython decides, operations that
may fail, orders that mean nothing.
"""

from __future__ import annotations

from writer import ERRORS, Flavour, Lines, Scope, Writer

CONTAINERS = "LMS"


def is_open(w: Writer) -> bool:
    """Whether the program may have values that are not known before it runs."""
    return w.project.flavour is Flavour.OPEN


def one_of(w: Writer, forms: list[Lines]) -> Lines:
    """One of several texts."""
    return forms[w.random.randrange(len(forms))]


def undecided(w: Writer) -> str:
    """A test that CPython decides, always in the same way."""
    return w.pick(
        [
            'os.environ.get("NOT_SET")',
            'os.environ.get("NOT_SET", "")',
            'os.getenv("NOT_SET") is not None',
            '"NOT_SET" in os.environ',
            'not os.environ.get("NOT_SET")',
            'os.environ.get("NOT_SET") is None',
            '"NOT_SET" not in os.environ',
            "os.environ",
            "os.sep == '/'",
            "len(sys.argv) > 7",
            "os.environ.get('NOT_SET', 'x') == 'x'",
        ]
    )


def condition(w: Writer, scope: Scope) -> str:
    """A test; in an open program often one that is not decided."""
    return undecided(w) if is_open(w) and w.chance(50) else w.test(scope)


def value_test(w: Writer, scope: Scope) -> str:
    """A test of a container or an enumeration that the module has; sometimes an undecided one."""
    if is_open(w) and w.chance(12):
        return undecided(w)
    if not w.chance(30):
        return ""
    known = [name for name in w.bound if name[0] in CONTAINERS + "N"]
    kind = w.pick(known)[0] if known else ("" if w.chance(85) else w.pick(list(CONTAINERS)))
    return container_test(w, scope, kind, w.reference(kind, scope)) if kind else ""


def container_test(w: Writer, scope: Scope, kind: str, box: str) -> str:
    """Something to ask a container of a kind; `box` is the expression of it."""
    a, b = w.item(), w.item()
    several = w.pick(["", a, f"{a}, {b}"])
    if kind == "N":
        return enum_test(w, box)
    tests = [
        f"{a} in {box}",
        f"{a} not in {box}",
        box,
        f"not {box}",
        f"len({box}) == {w.random.randrange(3)}",
        f"len({box}) > 1",
        f"bool({box})",
    ]
    open_tests = [
        f"any(each == {a} for each in {box})",
        f"next(iter({box}), None) == {a}",
        f"list({box})[-1:] == [{a}]",
        f"max({box}, default='') == {a}",
        f"{{each: 1 for each in {box}}}.get({a})",
    ]
    if kind == "L":
        tests += [
            f"{box} == [{several}]",
            f"{box} != [{several}]",
            f"{a} in {box}[:1]",
            f"{box}[:1] == [{a}]",
            f"isinstance({box}, list)",
            f"sorted({box}) == sorted([{several}])",
            f"[each for each in {box} if each == {a}]",
        ]
        open_tests += [
            f"{box}[0] == {a}",
            f"{box}[-1] != {a}",
            f"{box}.count({a}) == 1",
            f"{box}.index({a}) == 0",
            f"set({box}) == {{{several or '0'}}}",
            f"tuple({box}) == ({a},)",
        ]
    elif kind == "M":
        tests += [
            f"{box}.get({a}) is None",
            f"{box}.get({a}) == {b}",
            f"{box}.get({a}, {b}) == {b}",
            f"{a} in {box}.keys()",
            f"{box}.keys() == {{{a}}}",
            f"sorted({box}) == [{a}]",
            f"isinstance({box}, dict)",
        ]
        open_tests += [
            f"{box}[{a}] == {b}",
            f"{box} == {{{a}: {b}}}",
            f"{box}.keys() <= {{{a}, {b}}}",
            f"({a}, {b}) in {box}.items()",
            f"{b} in {box}.values()",
            f"list({box}.values())[:1] == [{b}]",
            f"dict({box}) == {box}",
            f"list({box}.items())[0][0] == {a}",
        ]
    elif kind == "S":
        tests += [
            f"{box} == {{{several or a}}}",
            f"{box} != {{{a}, {b}}}",
            f"{box} <= {{{a}, {b}}}",
            f"{box} == frozenset([{several}])",
            f"sorted({box}) == sorted({{{several or a}}})",
        ]
        open_tests += [
            f"{box} & {{{a}}}",
            f"{box} - {{{a}}} == set()",
            f"{box}.isdisjoint([{a}])",
            f"{box}.issubset(({several}{',' if several else ''}))",
            f"next(iter({box})) == {a}",
            f"min({box}) == {a}",
        ]
    return w.pick(tests + (open_tests if is_open(w) else []))


def enum_test(w: Writer, box: str) -> str:
    """Something to ask an enumeration with the members A and B."""
    tests = [
        f"{box}.A.name == 'A'",
        f"{box}.A is {box}['A']",
        f"{box}['B'] is {box}.B",
        f"{box}.A is not {box}.B",
        f"isinstance({box}.A, {box})",
        f"'A' in {box}.__members__",
        f"{box}({box}.A.value) is {box}.A",
        f"isinstance({box}, type)",
    ]
    open_tests = [
        f"[each.name for each in {box}] == ['A', 'B']",
        f"list({box})[0] is {box}.A",
        f"len({box}) == 2",
        f"{box}.A in {box}",
        f"{box}.A == {box}.B",
        f"{{each.value: each for each in {box}}}[{box}.A.value] is {box}.A",
        f"hasattr({box}, 'Z')",
        f"getattr({box}, 'A').value == 'a'",
        f"{box}.A.value == 'a'",
        f"{box}.A.value == 1",
        f"type({box}.A) is {box}",
        f"{box}.A.value",
        f"str({box}.A.value).upper() == 'A'",
        f"dict({box}.__members__)",
        f"{box}.A is None",
        f"{box}.A != {box}.A",
        f"{box}.A in ({box}.B, {box}.A)",
        f"{box}.A in {{{box}.B: 1}}",
        f"repr({box}.A) == ''",
    ]
    return w.pick(tests + (open_tests if is_open(w) else []))


def reaction(w: Writer, scope: Scope, test: str) -> Lines:
    """What depends on a test."""
    inner = w.deeper(scope)
    form = w.random.randrange(12)
    if form < 4:
        lines = [f"if {test}:", *w.block(inner, 2)]
        return lines + (["else:", *w.block(inner, 2)] if w.chance(50) else [])
    if form < 6:
        return [f"if not ({test}):", *w.block(inner, 2)]
    if form == 6:
        return [f"assert {test}"] if w.chance(30) else [f"if {test}:", *w.block(inner, 1)]
    if form == 7:
        return [f"if {test}:", f"    raise {w.pick(ERRORS)}('value')"] if w.chance(30) else ["pass"]
    if form == 8:
        return [f"{test} and importlib.import_module({w.item()})"]
    if form == 9:
        w.note("K1", scope)
        return [f"K1 = {w.reference('K', scope)} if {test} else {w.reference('K', scope)}"]
    if form == 10:
        return [f"while {test}:", *w.block(w.deeper(scope, in_loop=True), 1), "    break"]
    return [f"match bool({test}):", "    case True:"] + [f"    {x}" for x in w.block(inner, 1)]
