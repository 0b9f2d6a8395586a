"""Containers in random programs: made, changed, asked, gone through."""

from __future__ import annotations

from value_tests import CONTAINERS, condition, container_test, is_open, one_of, reaction
from writer import Lines, Scope, Writer


def a_container(w: Writer, scope: Scope) -> Lines:
    """A name is bound to a new container, or to one that is there already."""
    kind = w.pick(list(CONTAINERS))
    name = w.name_in(w.name, kind)
    text = f"{name} = {display(w, scope, kind)}"
    w.note(name, scope)
    return [text]


def display(w: Writer, scope: Scope, kind: str) -> str:
    """An expression that gives a container."""
    a, b = w.item(), w.item()
    other = w.reference(w.pick(list(CONTAINERS)), scope)
    same = w.reference(kind, scope)
    forms = {
        "L": [
            "[]",
            f"[{a}]",
            f"[{a}, {b}]",
            f"list(({a}, {b}))",
            f"[each for each in ({a}, {b})]",
            f"[each for each in ({a}, {b}) if {condition(w, scope)}]",
            f"sorted([{a}, {b}])",
            f"'{a[1:-1]} {b[1:-1]}'.split()",
            f"[*{same}, {a}]",
            f"list({same})",
            same,
            f"{same} + [{a}]",
            f"(lambda: [{a}])()",
            f"[{a}] if {condition(w, scope)} else []",
        ],
        "M": [
            "{}",
            f"{{{a}: {b}}}",
            f"{{{a}: {b}, {b}: {a}}}",
            f"dict({same})",
            f"{{each: {b} for each in ({a},)}}",
            f"{{**{same}, {a}: {b}}}",
            f"{same}.copy()",
            f"{same} | {{{a}: {b}}}",
            same,
        ],
        "S": [
            "set()",
            f"{{{a}}}",
            f"{{{a}, {b}}}",
            f"set([{a}, {b}])",
            f"{{each for each in ({a}, {b})}}",
            f"set({same})",
            f"{same} | {{{a}}}",
            same,
        ],
    }
    open_forms = {
        "L": [f"list({other})", f"[{a}] * 2", f"list(dict.fromkeys([{a}, {b}]))", f"{same}[1:]"],
        "M": [
            f"dict([({a}, {b})])",
            f"dict(zip([{a}], [{b}]))",
            f"dict.fromkeys([{a}, {b}], {a})",
            f"collections.OrderedDict({{{a}: {b}}})",
        ],
        "S": [f"set({other})", f"{same} - {{{a}}}", f"{same}.union([{a}])"],
    }
    return w.pick(forms[kind] + (open_forms[kind] if is_open(w) else []))


def change(w: Writer, scope: Scope, kind: str, box: str, item: str = "") -> str:
    """One statement that changes a container."""
    a, b = item or w.item(), w.item()
    is_own = box in w.bound and not scope.in_function
    forms = {
        "L": [
            f"{box}.append({a})",
            f"{box}.append({a})",
            f"{box}.extend([{a}, {b}])",
            f"{box}.insert(0, {a})",
            f"{box}.clear()",
            f"{box} += [{a}]" if is_own else f"{box}.extend([{a}])",
            f"{box}.reverse()",
        ],
        "M": [
            f"{box}[{a}] = {b}",
            f"{box}[{a}] = {b}",
            f"{box}.update({{{a}: {b}}})",
            f"{box}.setdefault({a}, {b})",
            f"{box}.pop({a}, None)",
            f"{box}.clear()",
        ],
        "S": [
            f"{box}.add({a})",
            f"{box}.add({a})",
            f"{box}.update([{a}, {b}])",
            f"{box}.clear()",
        ],
    }
    open_forms = {
        "L": [
            f"{box}.sort()",
            f"{box}.pop()",
            f"{box}.remove({a})",
            f"{box}[0] = {a}",
            f"{box}[:] = [{a}]",
            f"del {box}[0]",
            f"del {box}[:]",
            f"heapq.heappush({box}, {a})",
            f"bisect.insort({box}, {a})",
            f"random.shuffle({box})",
            f"heapq.heapify({box})",
            f"list.append({box}, {a})",
            f"list(map({box}.append, [{a}]))",
            f"operator.iadd({box}, [{a}])",
            f"{box} *= 2" if is_own else f"{box}.extend({box}[:])",
        ],
        "M": [
            f"del {box}[{a}]",
            f"{box}.pop({a})",
            f"{box}.popitem()",
            f"{box} |= {{{a}: {b}}}" if is_own else f"{box}.update([({a}, {b})])",
            f"operator.setitem({box}, {a}, {b})",
            f"dict.update({box}, {{{a}: {b}}})",
            f"{box}.__setitem__({a}, {b})",
            f"{box}[os.environ.get('NOT_SET', {a})] = {b}",
        ],
        "S": [
            f"{box}.discard({a})",
            f"{box}.remove({a})",
            f"{box} |= {{{a}}}" if is_own else f"{box}.update({{{a}}})",
            f"{box} -= {{{a}}}" if is_own else f"{box}.difference_update({{{a}}})",
            f"{box}.pop()",
        ],
    }
    return w.pick(forms[kind] + (open_forms[kind] if is_open(w) else []))


def _a_box(w: Writer, scope: Scope) -> tuple[str, str, Lines]:
    """A kind, an expression of a container of it, and statements that bind its name first."""
    mine = [name for name in w.bound if name[0] in CONTAINERS]
    if mine and w.chance(80):
        name = w.pick(mine)
        return name[0], name, []
    kind = w.pick(list(CONTAINERS))
    alias, theirs = w.module_with(kind, 1)
    if alias and w.chance(50):
        return kind, f"{alias}.{theirs}", []
    if scope.in_class or scope.in_function:
        return kind, w.reference(kind, scope), []
    name = w.name_in(w.name, kind)
    w.note(name, scope)
    return kind, name, [f"{name} = {display(w, scope, kind)}"]


def changed(w: Writer, scope: Scope) -> Lines:
    """A container changes where that is certain, where it is not, in loops, functions, handlers."""
    kind, box, lines = _a_box(w, scope)
    one, two = change(w, scope, kind, box), change(w, scope, kind, box)
    test = condition(w, scope)
    each = change(w, scope, kind, box, "each")
    fill = w.fresh("fill")
    forms: list[Lines] = [
        [one],
        [one, two],
        [f"if {test}:", f"    {one}"],
        [f"if {test}:", f"    {one}", "else:", f"    {two}"],
        [f"for each in ({w.item()}, {w.item()}):", f"    {each}"],
        [f"for each in ({w.item()}, {w.item()}):", f"    if {test}: {each}"],
        [f"for each in ({w.item()},):", f"    if {test}: break", f"    {each}"],
        [f"for each in ({w.item()},):", f"    if {test}: continue", f"    {each}"],
        [
            f"for each in ({w.item()},):",
            f"    if {test}: break",
            "else:",
            f"    {one}",
        ],
        [f"while {test}:", f"    {one}", "    break"],
        ["try:", *w.block(w.deeper(scope), 1), f"    {one}", "except ImportError:", f"    {two}"],
        ["try:", *w.block(w.deeper(scope), 1), "finally:", f"    {one}"],
        [
            "try:",
            *w.block(w.deeper(scope), 1),
            "except ImportError:",
            f"    {one}",
            "else:",
            f"    {two}",
        ],
        [
            "with contextlib.suppress(ImportError, AttributeError):",
            *w.block(w.deeper(scope), 1),
            f"    {one}",
        ],
        [f"match bool({test}):", "    case True:", f"        {one}"],
        [
            f"match bool({test}):",
            "    case False:",
            f"        {one}",
            "    case _:",
            f"        {two}",
        ],
        [f"def {fill}():", f"    if {test}:", "        return", f"    {_called(one)}", f"{fill}()"],
        [f"def {fill}():", f"    if {test}:", f"        {_called(one)}", f"{fill}()"],
        [f"def {fill}(box):", f"    {_called(_on(one, box))}", f"{fill}({box})"],
    ]
    if _is_expression(one) and _is_expression(two):
        forms += [
            [f"{one} if {test} else {two}"],
            [f"{test} and {one}"],
            [f"{test} or {one}"],
            [f"[{one} for _ in (1,) if {test}]"],
        ]
    return lines + one_of(w, forms)


def _is_expression(text: str) -> bool:
    return "=" not in text and not text.startswith("del ")


def _on(text: str, box: str) -> str:
    """The change, of the container that a function has as its parameter."""
    return text.replace(box, "box")


def _called(text: str) -> str:
    """The change, as a function may make it: an augmented assignment would make a local name."""
    return "pass" if any(f" {sign}= " in text for sign in "+|-*") else text


def asked(w: Writer, scope: Scope) -> Lines:
    """A statement that depends on the items of a container."""
    kind, box, lines = _a_box(w, scope)
    return lines + reaction(w, scope, container_test(w, scope, kind, box))


def looped(w: Writer, scope: Scope) -> Lines:
    """What a container names is imported."""
    kind, box, lines = _a_box(w, scope)
    if kind == "S" and not is_open(w):
        box = f"sorted({box})"
    forms: list[Lines] = [
        [f"for each in {box}:", "    importlib.import_module(each)"],
        [f"for each in list({box}):", "    __import__(each)"],
        [f"for each in {box}:", f"    if each == {w.item()}: importlib.import_module(each)"],
        [f"[importlib.import_module(each) for each in {box}]"],
        [f"for each in {box}:", *w.block(w.deeper(scope, in_loop=True), 1)],
        [f"list(map(importlib.import_module, {box}))"],
    ]
    if kind == "M":
        forms += [
            [f"for key, each in {box}.items():", "    importlib.import_module(each)"],
            [f"for each in {box}.values():", "    importlib.import_module(each)"],
        ]
    return lines + one_of(w, forms)


def taken(w: Writer, scope: Scope) -> Lines:
    """An item that a container may lack is used."""
    kind, box, lines = _a_box(w, scope)
    item = f"next(iter({box}))" if kind == "S" else f"{box}[{w.item() if kind == 'M' else 0}]"
    forms: list[Lines] = [
        [f"importlib.import_module({item})"],
        ["try:", f"    each = {item}", "except LookupError:", *w.block(w.deeper(scope), 1)],
        [f"K1 = {item}.upper()"],
        ["try:", f"    importlib.import_module({item})", "except Exception:", "    pass"],
    ]
    return lines + one_of(w, forms)
