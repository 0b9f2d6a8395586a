"""Projects of any size, the same ones every time, to measure on.

A *layered* project imports downwards only, but for one ring of three modules in each two
thousand; in a *knot*, every module is in one component. Modules have functions with bodies, and
every tenth imports something inside of one.

The modules of three more shapes do nothing but import one another. In a *ring*, each imports the
next one; in a *crash*, each takes a name from the next one, so that every first import fails; in a
*tangle*, each imports the next one and three others.
"""

from __future__ import annotations

import random
from pathlib import Path

_BODY = '''

def work_{number}(value, scale=1):
    """Something to read over."""
    total = 0
    for item in range(value):
        if item % 3:
            total += item * scale
        else:
            total -= len(str(item))
    return {{"total": total, "name": __name__}}


class Part{number}:
    """A class with a method."""

    size = {number}

    def grow(self, by):
        self.size += by
        return work_{number}(self.size)
'''
_PER_PACKAGE = 50
_RING_EVERY = 2000


def generate(folder: Path, n_modules: int, shape: str = "layered") -> Path:
    """Write a project into `folder`, unless it is there already; gives the folder."""
    top = folder / f"{shape}-{n_modules}"
    done = top / ".done"
    if done.exists():
        return top
    source = random.Random(n_modules)
    for number in range(n_modules):
        package = top / "app" / f"p{number // _PER_PACKAGE}"
        if number % _PER_PACKAGE == 0:
            package.mkdir(parents=True, exist_ok=True)
            (package / "__init__.py").write_text("")
        write = _plain_text if shape in ("ring", "crash", "tangle") else _text
        (package / f"m{number}.py").write_text(write(number, n_modules, shape, source))
    (top / "app" / "__init__.py").write_text("")
    (top / "pyproject.toml").write_text("[project]\nname = 'app'\n")
    done.touch()
    return top


def dotted(number: int) -> str:
    """The name of a module by its number."""
    return f"app.p{number // _PER_PACKAGE}.m{number}"


def _plain_text(number: int, n_modules: int, shape: str, source: random.Random) -> str:
    following = (number + 1) % n_modules
    if shape == "crash":
        imports = f"from {dotted(following)} import Part{following}\n"
    else:
        n_others = 3 if shape == "tangle" else 0
        wanted = {following, *(source.randrange(n_modules) for _ in range(n_others))} - {number}
        imports = "".join(f"import {dotted(other)}\n" for other in sorted(wanted))
    return f"{imports}\n\nclass Part{number}:\n    size = {number}\n"


def _text(number: int, n_modules: int, shape: str, source: random.Random) -> str:
    lines = ["from __future__ import annotations", "import os", "from typing import Any"]
    wanted = {source.randrange(number) for _ in range(min(number, 6))}
    ring = number % _RING_EVERY
    if shape == "knot":
        wanted.add((number + 1) % n_modules)
    elif ring in (0, 1) and number + 1 < n_modules:
        wanted.add(number + 1)
    elif ring == 2:
        wanted.add(number - 2)
    lines += [f"import {dotted(other)}" for other in sorted(wanted)]
    text = "\n".join(lines) + "\n" + _BODY.format(number=number)
    if number % 10 == 0 and number:
        other = dotted(source.randrange(number))
        text += (
            f"\n\ndef later() -> Any:\n    from {other} import work_{other.rpartition('m')[2]}\n"
        )
        text += f"    return work_{other.rpartition('m')[2]}(os.getpid())\n"
    return text
