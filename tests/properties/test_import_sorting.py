"""Blocks of imports, and the order that they are put in, are ruff's."""

from __future__ import annotations

import ast
from pathlib import Path
from random import Random

from ruff_sorting import sorted_by_ruff

from import_cycles.analysis.import_sorting import Sorting
from import_cycles.syntax.imports import ImportRecord
from import_cycles.syntax.steps import Import, ModuleSummary
from import_cycles.syntax.summarize import summarize
from import_cycles.syntax.target import PythonTarget

_MODULES = (
    "os", "sys", "re", "a", "A", "ab", "a_b", "a.b", "a2", "a10", "Zed", "zed", "b1.c", "numpy",
    "__future__x", "_x", "aB",
)  # fmt: skip
_NAMES = ("x", "y", "X", "Xy", "XY", "_p", "a1", "a10", "a2", "aB", "AB", "X1", "_Q", "_QQ")
_BETWEEN = (
    "", "", "", "\n", "# a comment\n", "x = 1\n", "'words'\n", "# isort: split\n", "# isort: off\n",
    "# isort: on\n", "\n\n# another\n\n", "if x:\n    import inner\n", "def f():\n    import os\n\n",
    "pass; import os\n", "class C:\n    y = 1\n\n\n",
)  # fmt: skip
_BEHIND = (
    "", "", "", "", "", "  # noqa", "  # noqa: F401", "  # noqa: I001", "  # isort: skip", "  # type: ignore",
    "  # noqa: E402, I001",
)  # fmt: skip
_ON_TOP = ("",) * 12 + (
    "# isort: skip_file\n",
    "# ruff: noqa\n",
    '"""Words."""\n',
    "# ruff: noqa: I001\n",
)


def _import(random: Random) -> str:
    module = random.choice(_MODULES)
    if random.random() < 0.4:
        alias = " as q" if random.random() < 0.2 else ""
        return f"import {module}{alias}{random.choice(_BEHIND)}"
    dots = random.choice(("", "", ".", "..", ""))
    if dots and random.random() < 0.2:
        module = ""
    names = random.sample(_NAMES, random.randint(1, 3)) if random.random() < 0.9 else ["*"]
    if len(names) > 1 and random.random() < 0.2:
        inner = "".join(f"    {name},\n" for name in names)
        return f"from {dots}{module} import (\n{inner})"
    return f"from {dots}{module} import {', '.join(names)}{random.choice(_BEHIND)}"


def _text(random: Random) -> str:
    parts = [random.choice(_ON_TOP)]
    for _ in range(random.randint(2, 9)):
        parts += [_import(random), "\n", random.choice(_BETWEEN)]
    return "".join(parts)


_Asked = tuple[int, str, str]


def _asked(record: ImportRecord) -> list[_Asked]:
    if record.names is None:
        return [(0, record.module, record.bound_as or "")]
    return [(record.level + 1, record.module, name.name) for name in record.names]


def _executed(summary: ModuleSummary) -> list[_Asked]:
    """What the imports of a module's own body ask for, in order."""
    steps = summary.codes[0].body
    numbers = [step.import_id for step in steps if isinstance(step, Import)]
    return [asked for number in numbers for asked in _asked(summary.imports[number])]


def _as_ruff_merges(executed: list[_Asked]) -> list[tuple[int, str, str]]:
    """One entry for each module that names are imported from, next to one another: one statement."""
    merged: list[_Asked] = []
    for level, module, name in executed:
        entry = (level, module, name) if not level else (level, module, "")
        if not merged or merged[-1] != entry:
            merged.append(entry)
    return merged


def _sorted(text: str) -> list[_Asked]:
    summary = summarize(text, PythonTarget((3, 12))).summary
    sorting = Sorting(summary, lambda record: False, lambda record, name: True)
    return _executed(sorting.after(sorting.n_swaps))


def test_random_texts_are_sorted_as_ruff_does(tmp_path: Path) -> None:
    texts = {f"m{seed}.py": _text(Random(seed)) for seed in range(600)}
    after = sorted_by_ruff(texts, tmp_path)
    n_changed = 0
    for name, text in texts.items():
        ast.parse(text)
        ours = _as_ruff_merges(_sorted(text))
        theirs = _as_ruff_merges(_executed(summarize(after[name], PythonTarget((3, 12))).summary))
        assert list(dict.fromkeys(ours)) == list(dict.fromkeys(theirs)), f"{text}---\n{after[name]}"
        n_changed += text != after[name]
    assert n_changed > 200


def test_names_of_a_list_are_sorted_as_ruff_does(tmp_path: Path) -> None:
    lists = [Random(seed).sample(_NAMES, 6) for seed in range(100)]
    texts = {f"m{n}.py": f"from . import {', '.join(names)}\n" for n, names in enumerate(lists)}
    after = sorted_by_ruff(texts, tmp_path)
    for name, text in texts.items():
        sorted_text = after[name]
        assert _sorted(text) == _executed(summarize(sorted_text, PythonTarget((3, 12))).summary)


def test_each_swap_exchanges_two_neighbours() -> None:
    for seed in range(200):
        summary = summarize(_text(Random(seed)), PythonTarget((3, 12))).summary
        sorting = Sorting(summary, lambda record: False, lambda record, name: True)
        before = summary
        for number in range(1, sorting.n_swaps + 1):
            swap, now = sorting.swap(number), sorting.after(number)
            if swap.of is None:
                old, new = _order(before), _order(now)
                place = old.index(swap.first)
                assert old[place : place + 2] == [swap.first, swap.second]
                old[place : place + 2] = swap.second, swap.first
                assert old == new
                assert before.imports == now.imports
                assert sorting.number(swap.first, swap.second) == number
                assert sorting.number(swap.second, swap.first) is None
            else:
                written = summary.imports[swap.of].names
                names = before.imports[swap.of].names
                assert written is not None and names is not None
                first, second = written[swap.first], written[swap.second]
                place = names.index(first)
                assert names[place + 1] == second
                swapped = (*names[:place], second, first, *names[place + 2 :])
                assert now.imports[swap.of].names == swapped
                assert _order(before) == _order(now)
            before = now
        assert sorting.after(0) == summary


def _is_standard(record: ImportRecord) -> bool:
    return record.module in ("os", "sys", "re")


def test_what_moves_nothing_but_standard_modules_leaves_the_rest_as_it_is() -> None:
    answers: list[bool] = []
    for seed in range(300):
        random = Random(seed)
        lines = sorted(random.sample([f"import {name}" for name in "abcdef"], 3))
        if seed % 3 == 0:
            random.shuffle(lines)
        for name in random.sample(["os", "sys", "re"], 2):
            lines.insert(random.randrange(4), f"import {name}")
        summary = summarize("\n".join(lines), PythonTarget((3, 12))).summary
        sorting = Sorting(summary, lambda record: False, lambda record, name: True)
        moved = sorting.after(sorting.n_swaps)
        if moved == summary:
            continue
        answers.append(sorting.moves_nothing_but(_is_standard))
        if answers[-1]:
            assert moved.imports == summary.imports
            assert _others(moved) == _others(summary)
            # Nothing that is bound before one of the others is bound behind it now.
            above = zip(_above_others(summary), _above_others(moved), strict=True)
            assert all(before <= now for before, now in above)
    assert answers.count(True) > 100
    assert answers.count(False) > 50


def _others(summary: ModuleSummary) -> list[int]:
    return [number for number in _order(summary) if not _is_standard(summary.imports[number])]


def _above_others(summary: ModuleSummary) -> list[set[int]]:
    """The imports above each one that is of no standard module."""
    order = _order(summary)
    return [set(order[: order.index(number)]) for number in _others(summary)]


def test_a_name_that_is_bound_twice_counts() -> None:
    for text, expected in (
        ("import b\nimport os\n", True),
        ("import b\nfrom os import path\n", True),
        ("import b\nimport os as b\n", False),
        ("import b\nfrom os import *\n", False),
        ("import b\nimport os\nimport a\n", False),
        ("from b import d, c\n", False),
    ):
        summary = summarize(text, PythonTarget((3, 12))).summary
        sorting = Sorting(summary, lambda record: False, lambda record, name: True)
        assert sorting.moves_nothing_but(_is_standard) is expected, text


def _order(summary: ModuleSummary) -> list[int]:
    return [step.import_id for step in summary.codes[0].body if isinstance(step, Import)]
