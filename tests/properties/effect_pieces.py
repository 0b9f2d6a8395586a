"""What runs in random programs without being called by name: methods, callbacks, aliases.

Each way appends to the list `hits`, which is asked afterwards.
"""

from __future__ import annotations

from typing import Final

from value_tests import reaction
from writer import Lines, Scope, Writer

_METHODS: Final = (
    ("__bool__", "True", "if {x}: pass"),
    ("__len__", "1", "len({x})"),
    ("__eq__", "True", "{x} == 1"),
    ("__eq__", "True", "{x} in [1]"),
    ("__lt__", "True", "{x} < 1"),
    ("__hash__", "1", "{{{x}: 1}}"),
    ("__contains__", "True", "1 in {x}"),
    ("__getitem__", "1", "{x}[0]"),
    ("__add__", "1", "{x} + 1"),
    ("__radd__", "1", "1 + {x}"),
    ("__neg__", "1", "-{x}"),
    ("__invert__", "1", "~{x}"),
    ("__call__", "1", "{x}()"),
    ("__iter__", "iter(())", "for each in {x}: pass"),
    ("__iter__", "iter(())", "list({x})"),
    ("__iter__", "iter(())", "[*{x}]"),
    ("__repr__", "''", "repr({x})"),
    ("__str__", "''", "str({x})"),
    ("__str__", "''", "f'{{{x}}}'"),
    ("__str__", "''", "'%s' % {x}"),
    ("__format__", "''", "f'{{{x}:8}}'"),
    ("__getattr__", "1", "{x}.one"),
    ("__getattr__", "1", "getattr({x}, 'one', None)"),
    ("__setattr__", "None", "{x}.one = 1"),
    ("__setitem__", "None", "{x}[0] = 1"),
    ("__delitem__", "None", "del {x}[0]"),
    ("__delattr__", "None", "del {x}.one"),
    ("__index__", "0", "[1][{x}]"),
    ("__mro_entries__", "()", "class Y9({x}): pass"),
    ("__set_name__", "None", "class Y9: slot = {x}"),
    ("__get__", "1", "class Y9: slot = {x}\nY9.slot"),
    ("__enter__", "None", "with {x}: pass"),
)
"""A method, what it returns, and what calls it of an object `{x}`."""

_OF_CLASSES: Final = (
    ("__call__", "1", "{x}()"),
    ("__getattr__", "1", "{x}.one"),
    ("__iter__", "iter(())", "for each in {x}: pass"),
    ("__getitem__", "1", "{x}[0]"),
    ("__len__", "1", "len({x})"),
    ("__contains__", "True", "1 in {x}"),
    ("__instancecheck__", "True", "isinstance(1, {x})"),
    ("__setattr__", "None", "{x}.one = 1"),
)
"""The same for a class `{x}`, whose metaclass has the method."""

_WAYS: Final = (
    "other = hits; other.append(1)",
    "box = [hits]; box[0].append(1)",
    "box = {'a': hits}; box['a'].append(1)",
    "for each in [hits]: each.append(1)",
    "(lambda: hits)().append(1)",
    "(hits or []).append(1)",
    "next(iter([hits])).append(1)",
    "sorted([hits])[0].append(1)",
    "globals()['hits'].append(1)",
    "sys.modules[__name__].hits.append(1)",
    "add = hits.append; add(1)",
    "{'f': hits.append}['f'](1)",
    "functools.partial(hits.append, 1)()",
    "list(map(hits.append, [1]))",
    "list(filter(hits.append, [1]))",
    "sorted([1], key=lambda x: hits.append(x) or 1)",
    "[1].sort(key=lambda x: hits.append(x) or 1)",
    "max([1, 2], key=lambda x: hits.append(x) or 1)",
    "functools.reduce(lambda a, b: hits.append(b), [1, 2])",
    "any(hits.append(1) for each in [1])",
    "[hits.append(1) for each in [1]]",
    "list(iter(lambda: hits.append(1), None))",
    "operator.iadd(hits, [1])",
    "hits[:] = [1]",
    "hits += [1]",
    "hits.__iadd__([1])",
    "list.append(hits, 1)",
    "exec('hits.append(1)')",
    "heapq.heappush(hits, 1)",
    "collections.defaultdict(lambda: hits.append(1))['a']",
)


def effect(w: Writer, scope: Scope) -> Lines:
    """Something is appended to a list in a way that no call in the text names."""
    if scope.in_function or scope.in_class:
        return ["pass"]
    name = w.fresh("Y")
    form = w.random.randrange(3)
    if form == 0:
        method, given, use = _METHODS[w.random.randrange(len(_METHODS))]
        lines = [
            f"class {name}:",
            f"    def {method}(self, *_):",
            "        hits.append(1)",
            f"        return {given}",
        ]
        if method == "__enter__":
            lines.append("    def __exit__(self, *_): pass")
        lines += use.replace("{x}", f"{name}()").replace("{{", "{").replace("}}", "}").split("\n")
    elif form == 1:
        method, given, use = _OF_CLASSES[w.random.randrange(len(_OF_CLASSES))]
        lines = [
            f"class Meta{name}(type):",
            f"    def {method}(cls, *_):",
            "        hits.append(1)",
            f"        return {given}",
            f"class {name}(metaclass=Meta{name}): pass",
            use.replace("{x}", name),
        ]
    else:
        lines = [_WAYS[w.random.randrange(len(_WAYS))]]
    test = w.pick(["hits", "not hits", "len(hits) == 1", "hits == [1]"])
    return ["hits = []", *lines, *reaction(w, scope, test)]
