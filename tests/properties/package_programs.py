"""Random small packages as people write them: an `__init__` that passes names on, submodules that need one
another, a register that some of them fill, and modules outside that use all of it.

`user.py` has assertions about what can be seen, which hold or fail: a program whose assertions hold must
stay so when a fix changes it. Everything is deterministic; no name means two things on purpose, but some
names are those of submodules, some are bound again, some are used while the package loads.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

_PARTS = ("ant", "bee", "cat", "dog")

Lines = Iterator[str]


def package_program(random: Random) -> dict[str, str]:
    """The texts of a project's files, by path."""
    return _Program(random).files()


class _Program:
    def __init__(self, random: Random) -> None:
        self.random = random
        self.is_pair = self.chance(50)
        """Whether there are only two modules, which need each other, in a package that is empty."""
        self.parts = list(_PARTS[: 2 if self.is_pair else random.randrange(2, 5)])
        self.names = {
            part: [f"{part}_f", f"{part.title()}", f"{part.upper()}"] for part in self.parts
        }
        if self.chance(20):
            self.names[self.parts[0]][0] = self.parts[0]

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def files(self) -> dict[str, str]:
        """All of them."""
        texts = {
            "p/__init__.py": self.package(),
            "r.py": self.register(),
            "user.py": self.user(),
            "reader.py": self.reader(),
        }
        texts |= {f"p/{part}.py": self.part(part) for part in self.parts}
        return {path: "".join(f"{line}\n" for line in lines) for path, lines in texts.items()}

    def register(self) -> Lines:
        yield "SEEN = []"
        yield "def register(thing):"
        yield "    SEEN.append(thing.__name__)"
        yield "    return thing"
        yield "class Filed:"
        yield "    def __init_subclass__(cls): SEEN.append(cls.__name__)"

    # --- the package -----------------------------------------------------------------------

    def package(self) -> Lines:
        random = self.random
        imports = []
        passing = [] if self.is_pair else self.parts
        for part in passing:
            names = random.sample(self.names[part], random.randrange(0, 4))
            dots = random.choice((f".{part}", f"p.{part}"))
            written = [f"{name} as {name}2" if self.chance(10) else name for name in names]
            if written:
                imports.append(f"from {dots} import {', '.join(written)}")
            elif self.chance(50):
                imports.append(random.choice((f"from . import {part}", f"import p.{part}")))
        random.shuffle(imports)
        is_first = self.chance(60)
        own = ["LIMIT = 3", "def own():", "    return LIMIT"]
        if is_first:
            yield from own
        yield from imports
        if not is_first:
            yield from own
        if self.chance(15):
            yield f"x = {random.choice(self.names[self.parts[-1]])}"
        if self.chance(15):
            yield "def later():"
            yield f"    return {random.choice(self.names[self.parts[0]])}"
        if self.chance(40):
            listed = ["LIMIT", *(random.choice(self.names[part]) for part in self.parts)]
            yield f"__all__ = [{', '.join(repr(name) for name in listed)}]"

    # --- its modules -----------------------------------------------------------------------

    def part(self, part: str) -> Lines:
        random = self.random
        function, a_class, constant = self.names[part]
        others = [each for each in self.parts if each != part]
        other = random.choice(others)
        needed = random.choice(self.names[other])
        base = ""
        if self.chance(15):
            yield f"import r as {part}_r"
            base = f"({part}_r.Filed)"
        alias = ""
        form = random.randrange(2, 5) if self.is_pair else random.randrange(7)
        if form == 0:
            yield "from p import LIMIT"
            needed = "LIMIT"
        elif form == 1:
            yield "import p"
            needed = "p.LIMIT"
        elif form == 2:
            yield f"from . import {other}"
            needed = f"{other}.{needed}"
        elif form == 3:
            yield f"from p.{other} import {needed}"
        elif form == 4:
            yield f"import p.{other}"
            needed = f"p.{other}.{needed}"
        elif form == 5:
            alias = f"    from .{other} import {needed}"
        else:
            needed = "1"
        if self.chance(20):
            yield "import os"
        if self.chance(10):
            yield "import logging"
            yield "log = logging.getLogger(__name__)"
        body = [
            [f"{constant} = {self.early(needed, alias, '7')}"],
            [f"class {a_class}{base}:", f"    x = {self.early(needed, alias, '8')}"],
            [f"def {function}(a={self.early(needed, alias, '9')}):",
             *([alias] if alias else []),
             f"    return {needed}"],
        ]  # fmt: skip
        if self.chance(20):
            body.append([f"def _help_{part}():", f"    return {constant}"])
        if self.chance(10):
            body.append([f"def count_{part}():", f"    global {constant}", f"    {constant} = 5"])
        if self.chance(10):
            body.append([f"{part}_name = __name__"])
        if self.chance(10):
            body.append([f"{constant}_2 = {function}()"])
        if self.chance(10):
            body.append(["_cache = {}"])
        if self.chance(60):
            random.shuffle(body)
        if self.chance(10):
            yield f"from r import register as {part}_register"
            body[-1].insert(0, f"@{part}_register") if body[-1][0].startswith(
                ("class", "def")
            ) else body.append([f"{part}_register({part}_register)"])
        for lines in body:
            yield from lines
        if self.chance(10):
            yield f"__all__ = [{constant!r}]"
        if self.chance(5):
            yield "if __name__ == '__main__':"
            yield "    print(1)"

    def early(self, needed: str, alias: str, plain: str) -> str:
        """What is evaluated while the module loads: what is needed of the other one, or not."""
        is_early = self.chance(20 if self.is_pair else 50)
        return needed if is_early and not alias else plain

    # --- who uses it -----------------------------------------------------------------------

    def user(self) -> Lines:
        random = self.random
        yield random.choice(
            ("import p", "import p", f"import p.{self.parts[0]}", "from p import *")
        )
        yield "import p, r, pickle"
        if self.chance(30):
            yield f"assert len(r.SEEN) == {random.randrange(3)}"
        for part in self.parts:
            name = random.choice(self.names[part])
            form = random.choice((0, 1, 2, 3, 4, 5, 6, 7, 8, *((6, 8, 2) * 3)[: 9 * self.is_pair]))
            if form == 0:
                yield f"assert p.{name} is p.{part}.{name}"
            elif form == 1:
                yield f"from p import {name}"
            elif form == 2:
                yield f"from p.{part} import {name}"
            elif form == 3:
                yield f"assert {name!r} in dir(p)"
            elif form == 4:
                yield f"assert not callable(p.{part})"
            elif form == 5:
                yield "from p import *"
                yield f"assert {name!r} in globals()"
            elif form == 6:
                yield f"import p.{part}"
                yield f"assert p.{part}.{self.names[part][0]}() is not None"
            elif form == 7:
                yield f"from p.{part} import *"
                yield f"assert {name!r} in globals()"
            else:
                yield f"import p.{part}"
                yield f"assert pickle.loads(pickle.dumps(p.{part}.{self.names[part][1]}))"
        if self.chance(30):
            yield f"assert len(r.SEEN) == {random.randrange(4)}"

    def reader(self) -> Lines:
        random = self.random
        part = random.choice(self.parts)
        yield f"import p.{part}"
        if self.chance(40):
            yield f"value = p.{part}.{random.choice(self.names[part])}"
        if self.chance(10):
            yield f"p.{part}.{self.names[part][2]} = 12"
            yield f"assert p.{part}.{self.names[part][0]}"
        if self.chance(20):
            yield f"from p import {random.choice(self.names[part])}"
        if self.chance(10):
            yield f"text = 'p.{part}.{random.choice(self.names[part])}'"
