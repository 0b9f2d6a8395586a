"""Imports that are reported to fail once sorted fail in CPython, and hardly any others do.

Random packages whose modules take names from one another through their package are analysed. Then ruff
sorts the imports of one module of which that is said, and a real interpreter imports first what is said to
fail; and ruff sorts all modules, and whatever loaded and fails then for a module still loading has to
have been said. `IMPORT_CYCLES_FUZZ=5000` tries that many new packages.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest
from first_imports import ImportServer, Told, predicted
from ruff_sorting import sorted_by_ruff
from test_differential import server, shown

from harness.project import apply_settled, build, case_path, findings_of, setup_of, source_path
from harness.runners import equality_report
from harness.worlds import world_of
from import_cycles.analysis.change import Change

__all__ = ["server"]

_N_PACKAGES = int(os.environ.get("IMPORT_CYCLES_FUZZ", "0")) or 80
_FIRST_SEED = 5000 if "IMPORT_CYCLES_FUZZ" in os.environ else 0
_CODE = "order-matters"
_FAILS = re.compile(r"and then importing (\S+) fails with (\w+):")


def _loading_package(seed: int, version: tuple[int, int]) -> dict[str, str]:
    """One with a cycle that most first imports survive: perhaps thanks to the order of imports."""
    files: dict[str, str] = {}
    for attempt in range(40):
        files = _package(Random(f"{seed} {attempt}"))
        world = world_of(files, version)
        ends = [predicted(world, entry) for entry in sorted(world.summaries)]
        n_loading = sum(isinstance(end, Told) and not end.error for end in ends)
        if n_loading > len(ends) / 2 and any("from p import" in text for text in files.values()):
            break
    return files


def _package(random: Random) -> dict[str, str]:
    """A package of a few modules, some in a package inside, and a module that uses it."""
    names = random.sample(["a", "b", "base", "core", "sub.x", "sub.y", "zed"], random.randint(3, 6))
    files = {f"p/{name.replace('.', '/')}.py": _module(random, name, names) for name in names}
    wanted = random.choice((0, len(names), len(names)))
    files["p/__init__.py"] = "".join(
        _import(random, "", name) for name in random.sample(names, wanted)
    )
    if any("." in name for name in names):
        inner = [name for name in names if "." in name]
        files["p/sub/__init__.py"] = "".join(
            _import(random, "sub", name)
            for name in random.sample(inner, random.randint(0, len(inner)))
        )
    files["main.py"] = "".join(
        f"import p.{name}\n" for name in random.sample(names, random.randint(1, len(names)))
    )
    return files


def _module(random: Random, name: str, names: list[str]) -> str:
    others = [each for each in names if each != name]
    lines = ["import sys\n"] if random.random() < 0.3 else []
    wanted = min(len(others), random.choice((0, 0, 1, 1, 2, 2, 3)))
    lines += [_import(random, name, other) for other in random.sample(others, wanted)]
    if random.random() < 0.4:
        lines.append(f"from p import {_class(random.choice(others))}\n")
    bound = f"class {_class(name)}: ...\n"
    lines.insert(random.choice((0, len(lines), len(lines), len(lines))), bound)
    return "".join(lines)


def _class(name: str) -> str:
    return name.replace(".", "").upper() + "x"


def _import(random: Random, holder: str, other: str) -> str:
    style = random.random()
    package, _, last = f"p.{other}".rpartition(".")
    if style < 0.15:
        return f"import p.{other}\n"
    if style < 0.3:
        return f"from {package} import {last}\n"
    if style < 0.6 and "." not in holder and holder != "sub":
        return f"from .{other} import {_class(other)}\n"
    return f"from p.{other} import {_class(other)}\n"


def _said(files: Mapping[str, str], version: tuple[int, int]) -> dict[str, str]:
    """The files for which sorting is reported to make a first import fail, and the import."""
    setup = setup_of(files).for_target(version, "linux")
    project, _ = build(files, setup)
    return {
        case_path(path): match[1]
        for path, findings in project.snapshot.findings.items()
        for finding in findings
        if finding.code == _CODE and (match := _FAILS.search(finding.message)) is not None
    }


@pytest.mark.cpython
def test_what_is_said_to_fail_fails(server: ImportServer, tmp_path: Path) -> None:
    version = server.interpreter.version
    packages = {
        str(seed): _loading_package(seed, version)
        for seed in range(_FIRST_SEED, _FIRST_SEED + _N_PACKAGES)
    }
    after = sorted_by_ruff(
        {
            f"{seed}/{path}": text
            for seed, files in packages.items()
            for path, text in files.items()
        },
        tmp_path,
    )
    n_said, n_silent = 0, 0
    for seed, files in packages.items():
        said = _said(files, version)
        loading = {name for name, seen in server.observe(files).items() if not seen.told.error}
        for path, entry in said.items():
            assert entry in loading
            now = server.observe({**files, path: after[f"{seed}/{path}"]})[entry]
            assert now.told.error in ("ImportError", "AttributeError"), "\n".join(
                [f"seed {seed}: {entry} with {path} sorted: {now.told}", shown(files)]
            )
            n_said += 1
        everything = server.observe({path: after[f"{seed}/{path}"] for path in files})
        if not said and any(
            everything[name].told.error and "partially init" in everything[name].message
            for name in loading
        ):
            n_silent += 1
    assert n_said > 10, "the packages have no order that matters"
    assert n_silent * 10 <= n_said


def test_edits_lead_where_a_cold_start_does() -> None:
    n_said = 0
    for seed in range(_FIRST_SEED, _FIRST_SEED + _N_PACKAGES // 2):
        random = Random(seed)
        files = _loading_package(seed, (3, 12))
        setup = setup_of(files)
        project, _ = build(files, setup)
        for step in range(6):
            path = random.choice(sorted(files))
            other = _loading_package(random.randrange(10_000), (3, 12)).get(path)
            lines = (other or files[path]).splitlines(keepends=True)
            if random.random() < 0.5:
                random.shuffle(lines)
            files = {**files, path: "".join(lines)}
            apply_settled(project, Change({source_path(path): files[path]}))
            cold, _ = build(files, setup)
            report = equality_report(project, cold)
            assert not report, "\n".join([f"seed {seed}, step {step}", shown(files), *report])
            n_said += any(each.code == _CODE for each in findings_of(project))
    assert n_said > 10
