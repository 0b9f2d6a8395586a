"""Random projects whose modules load one another in many ways and change one another's values.

Most imports go downwards, so that much of a project can be remembered from one first import for the
next. The rest must not be remembered: modules still loading, registries, patches, `sys.modules`,
attributes that exist only if another module has imported a submodule, exceptions, kept ones too.
"""

from __future__ import annotations

from random import Random

_NAMES = ("a", "b", "c", "d", "e", "pkg", "pkg.f", "pkg.g", "pkg.h", "pkg.sub", "pkg.sub.i")
_ALWAYS = """\
import sys
REGISTRY = []
TABLE = {{}}
count = 0
def register(item):
    REGISTRY.append(item)
def size():
    return len(REGISTRY)
def tick():
    global count
    count += 1
    return count
class Base:
    made = 0
    known = []
    def __init_subclass__(cls):
        Base.known.append(cls)
    def __init__(self):
        Base.made += 1
THING = Base()
def later():
    import {other}
def lookup(key):
    return TABLE[key]
"""
_HARMLESS = (
    "import {other}",
    "import {other}",
    "import {other} as m{n}",
    "from {parent} import {child} as m{n}",
    "from {other} import THING as thing{n}",
    "from {other} import *",
    "class Own{n}:\n    pass",
    "x{n} = [1, 2, 3]",
    "try:\n    import outside\nexcept ImportError:\n    x{n} = 1",
    "try:\n    import outside\nexcept ImportError:\n    import {other}",
    "if sys.argv:\n    import {other}",
    "try:\n    import {other}\nexcept ImportError:\n    x{n} = 2",
)
_TELLING = (
    "import {other}\n{other}.REGISTRY.append({n})",
    "import {other}\n{other}.register({n})",
    "from {other} import REGISTRY as r{n}\nr{n}.append({n})",
    "from {other} import TABLE as t{n}\nt{n}['k{n}'] = {n}",
    "import {other}\n{other}.TABLE.update(k{n}=1)",
    "import {other}\n{other}.extra = {n}",
    "import {other}\nclass Sub{n}({other}.Base):\n    pass",
    "import {other}\nthing{n} = {other}.Base()",
    "import {other}\n{other}.THING.mark = {n}",
    "import {other}\n{other}.register.mark = {n}",
    "import {other}\n{other}.tick()",
    "import {other}\n{other}.later()",
    "import {other}\nif {other}.size() > 1:\n    import {third}",
    "import {other}\nif len({other}.Base.known) > 1:\n    import {third}",
    "import {other}\nif {other}.Base.made > 2:\n    raise ValueError",
    "import {other}\nif {other}.count > 1:\n    import {third}",
    "import {other}\nif 'k1' in {other}.TABLE:\n    import {third}",
    "import {other}\n{other}.lookup('k{n}')",
    "import {other}\nfor x in {other}.REGISTRY:\n    import {third}",
    "import {other}\nif hasattr({other}, 'extra'):\n    import {third}",
    "import {other}\nx{n} = {other}.extra",
    "import {top}\nif hasattr({top}, '{child}'):\n    import {third}",
    "import pkg\nx{n} = pkg.{child}",
    "import pkg\nx{n} = [k for k in dir(pkg) if k == 'g']\nif x{n}:\n    import {third}",
    "from pkg import *\nif 'f' in globals():\n    import {third}",
    "if '{other}' in sys.modules:\n    import {third}",
    "x{n} = sys.modules.get('{other}')\nif x{n}:\n    x{n}.extra = 5",
    "sys.modules.pop('{other}', None)",
    "import {other}\ndel sys.modules['{other}']\nimport {other}",
    "try:\n    nowhere\nexcept NameError as error:\n    kept = error",
    "import {other}\nif hasattr({other}, 'kept'):\n    raise {other}.kept",
    "import {other}\ntry:\n    {other}.nothing\nexcept AttributeError:\n    import {third}",
    "raise ImportError('no')",
    "try:\n    import {other}\nexcept Exception:\n    import {third}",
    "try:\n    import {other}.nothing\nexcept ImportError:\n    pass",
    "def __getattr__(name):\n    import {other}\n    return {other}.REGISTRY",
    "from {other} import anything as x{n}",
    "if sys.argv:\n    import {other}\n    {other}.extra = 1",
    "import {other}\nif sys.argv:\n    {other}.register(1)",
    "import {other}\nx{n} = list({other}.REGISTRY)\nif x{n}:\n    import {third}",
    "import {other}\n{other}.REGISTRY += [{n}]",
    "import {other}\ndel {other}.TABLE",
    "import {other}\n{other}.TABLE.clear()",
    "import {other}\nx{n} = {other}.register.mark\nif x{n} == 1:\n    import {third}",
    "if sys.argv:\n    import {other}\nelse:\n    import {third}",
    "if sys.argv:\n    import {other}\nelse:\n    import {other}\n{other}.register({n})",
    "if sys.argv:\n    import {other}\n    {other}.register({n})\nelse:\n    import {third}\n    {third}.tick()",
    "if sys.argv:\n    import {other}\nif sys.argv:\n    {other}.TABLE['k{n}'] = {other}.count",
    "try:\n    import outside\n    import {other}\nexcept ImportError:\n    import {third}\n    {third}.extra = 2",
    "def walk{n}():\n    if sys.argv:\n        import {other}\n        {other}.register({n})\nwalk{n}()",
    "for x{n} in {{'{other}', '{third}'}}:\n    __import__(x{n})",
    "import {other}\nfor x{n} in {{'{other}', '{third}'}}:\n    __import__(x{n})\n    {other}.register(x{n})",
    "import {other}\nsys.modules[__name__] = {other}",
)  # fmt: skip


def random_project(random: Random) -> dict[str, str]:
    """Texts by path."""
    names = [name for name in _NAMES if name.startswith("pkg") or random.random() < 0.8]
    packages = {"pkg", "pkg.sub"}
    order = names[:]
    random.shuffle(order)
    files = {}
    for name in names:
        rank = order.index(name)
        lines = (
            [_ALWAYS.format(other=random.choice(order[: rank + 1]))]
            if random.random() < 0.95
            else []
        )
        for number in range(random.choice((1, 1, 2, 3))):
            template = random.choice(_HARMLESS if random.random() < 0.75 else _TELLING)
            downwards = order[:rank] if rank and random.random() < 0.93 else names
            other = random.choice(downwards)
            parent, _, child = random.choice([each for each in names if "." in each]).rpartition(
                "."
            )
            if template.startswith("from {parent}"):
                below = [each for each in downwards if "." in each] or ["pkg.f"]
                parent, _, child = random.choice(below).rpartition(".")
            lines.append(
                template.format(
                    other=other,
                    third=random.choice(downwards),
                    top=other.partition(".")[0],
                    parent=parent,
                    child=child,
                    n=number,
                )
            )
        path = name.replace(".", "/") + ("/__init__.py" if name in packages else ".py")
        files[path] = "\n".join(lines) + "\n"
    return files
