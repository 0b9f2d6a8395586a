"""Random projects of lazy imports (PEP 810): the keyword, `__lazy_modules__` in every spelling, uses.

Each module binds `v` and `w`, a function `f`, and imports others before, between and after that.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

MODULES = {
    "a": "a.py",
    "b": "b.py",
    "c": "c.py",
    "p": "p/__init__.py",
    "p.x": "p/x.py",
    "p.y": "p/y.py",
}


def lazy_project(random: Random) -> dict[str, str]:
    """A project of two to six modules."""
    names = ["a", "b"] if random.random() < 0.4 else list(MODULES)
    if len(names) > 2 and random.random() < 0.5:
        names = ["a", "p", "p.x", "p.y"]
    return {MODULES[name]: _text(random, name, names) for name in names}


def _text(random: Random, name: str, names: list[str]) -> str:
    writer = _Writer(
        random, name, [each for each in names if each != name] + [name][: random.random() < 0.1]
    )
    return "\n".join(writer.lines()) + "\n"


class _Writer:
    def __init__(self, random: Random, name: str, others: list[str]) -> None:
        self.random = random
        self.name = name
        self.others = others
        self.bound: list[str] = []
        """Names of what is imported, to be used."""

    def lines(self) -> Iterator[str]:
        random = self.random
        if random.random() < 0.35:
            yield from self.listing()
        parts = ["v", "w", "f", *["import"] * random.randint(1, 3), *["use"] * random.randint(0, 3)]
        random.shuffle(parts)
        for part in parts:
            if part in ("v", "w"):
                yield f"{part} = 1"
            elif part == "f":
                yield "def f():"
                yield f"    return {random.choice(self.bound or ['v'])}"
            elif part == "import":
                yield from self.importing()
            elif self.bound:
                yield from self.use()

    def listing(self) -> Iterator[str]:
        random = self.random
        listed = random.sample(self.others, random.randint(0, len(self.others)))
        items = ", ".join(self.spelled(each) for each in listed)
        trailing = "," if listed else ""
        form = random.choice(
            [
                "[{0}]",
                "({0}{1})",
                "frozenset([{0}])",
                "{{{2}}}",
                "[{0}] + ['other']",
                "set(({0}{1}))",
            ]
        )
        annotation = random.choice(["", "", ": object"])
        pairs = ", ".join(f"{self.spelled(each)}: 0" for each in listed)
        yield f"__lazy_modules__{annotation} = {form.format(items, trailing, pairs)}"
        if random.random() < 0.15 and form == "[{0}]":
            yield f"__lazy_modules__ += [{self.spelled(random.choice(self.others))}]"

    def spelled(self, module: str) -> str:
        package = self.name if self.name == "p" else self.name.rpartition(".")[0]
        if package and module.startswith(f"{package}.") and self.random.random() < 0.4:
            return f"__package__ + '{module[len(package) :]}'"
        return f"'{module}'"

    def importing(self) -> Iterator[str]:
        random = self.random
        before = len(self.bound)
        statement, is_star = self.statement()
        around = random.choice(["", "", "", "if", "with", "try", "else", "finally", "function"])
        may_be_lazy = around in ("", "if", "with") and not is_star
        keyword = "lazy " if may_be_lazy and random.random() < 0.6 else ""
        line = f"    {keyword}{statement}"
        match around:
            case "if":
                yield from ("if True:", line)
            case "with":
                yield from ("import contextlib", "with contextlib.nullcontext():", line)
            case "try":
                yield from ("try:", line, "except KeyError:", "    pass")
            case "else":
                yield from ("try:", "    pass", "except KeyError:", "    pass", "else:", line)
            case "finally":
                yield from ("try:", "    pass", "finally:", line)
            case "function" if not is_star:
                del self.bound[before:]
                yield from ("def g():", line, "g()")
            case _:
                yield f"{keyword}{statement}"

    def statement(self) -> tuple[str, bool]:
        random = self.random
        module = random.choice(self.others)
        short = module.replace(".", "_")
        form = random.randrange(7)
        if form == 0:
            self.bound.append(f"{module}.v")
            return f"import {module}", False
        if form == 1:
            self.bound += [f"m_{short}", f"m_{short}.w"]
            return f"import {module} as m_{short}", False
        if form == 2 and "." in module:
            child = module.rpartition(".")[2]
            origin = random.choice(["p", "."]) if self.name.startswith("p") else "p"
            self.bound += [f"s_{child}", f"s_{child}.v"]
            return f"from {origin} import {child} as s_{child}", False
        if form == 3:
            return f"from {module} import *", True
        name = random.choice(["v", "w", "f"])
        origin = module
        if self.name.startswith("p") and module.startswith("p.") and random.random() < 0.5:
            origin = f".{module[2:]}"
        self.bound.append(f"{name}_{short}")
        return f"from {origin} import {name} as {name}_{short}", False

    def use(self) -> Iterator[str]:
        random = self.random
        name = random.choice(self.bound)
        root = name.partition(".")[0]
        match random.randrange(9):
            case 0:
                yield f"globals()[{root!r}]"
            case 1:
                yield from ("try:", f"    {name}", "except AttributeError:", "    pass")
            case 2 if "." in name:
                yield f"hasattr({name.rpartition('.')[0]}, 'v')"
            case 3:
                yield from ("class K:", f"    {root} = {name}")
            case 4:
                yield f"def h(): return {name}"
                yield "h()"
            case 5 if "_" in name and name.startswith("f_"):
                yield f"{name}()"
            case 6:
                yield from ("def k(u: " + root + "): ...",)
            case _:
                yield name
