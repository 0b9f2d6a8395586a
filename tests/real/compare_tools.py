"""Our graph beside those of grimp and `ruff analyze graph`, pair of modules by pair of modules.

`python -m tests.real.compare_tools FOLDER PACKAGE` prints, for a package that lies in FOLDER, the
pairs (importer, imported) of each tool and the differences, classed by the kind and flags that
we give an edge. docs/comparison.md explains the classes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

Pair = tuple[str, str]


def our_pairs(folder: Path, package: str) -> dict[Pair, str]:
    """Each pair with its strongest class: runtime before deferred before typing, flags behind."""
    command = [sys.executable, "-m", "import_cycles", "graph", "--format", "json"]
    printed = subprocess.run([*command, str(folder / package)], capture_output=True, check=True)
    pairs: dict[Pair, str] = {}
    rank = {"runtime": 0, "deferred": 1, "typing": 2}
    for edge in json.loads(printed.stdout)["edges"]:
        pair = (edge["importer"], edge["imported"])
        flags = [flag for flag in edge["flags"] if flag in ("implied", "dynamic", "star")]
        named = " ".join([edge["kind"], *flags])
        old = pairs.get(pair)
        if old is None or (rank[edge["kind"]], len(named)) < (rank[old.split()[0]], len(old)):
            pairs[pair] = named
    return pairs


def grimp_pairs(folder: Path, package: str) -> set[Pair]:
    """What grimp calls direct imports."""
    code = (
        "import grimp, json, sys; sys.path.insert(0, sys.argv[1]);"
        "g = grimp.build_graph(sys.argv[2], cache_dir=None);"
        "print(json.dumps([(m, i) for m in g.modules for i in g.find_modules_directly_imported_by(m)]))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code, str(folder), package], capture_output=True, check=True
    )
    return {(importer, imported) for importer, imported in json.loads(printed.stdout)}


def ruff_pairs(folder: Path, package: str) -> set[Pair]:
    """What ruff calls dependencies, files turned into modules."""
    printed = subprocess.run(
        ["ruff", "analyze", "graph", package], cwd=folder, capture_output=True, check=True
    )
    pairs = set()
    for importer, imported in json.loads(printed.stdout).items():
        for each in imported:
            pairs.add((_module(importer), _module(each)))
    return pairs


def _module(path: str) -> str:
    parts = list(Path(path).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _print_difference(title: str, pairs: Iterable[Pair], ours: dict[Pair, str]) -> None:
    found = sorted(pairs)
    print(f"{title}: {len(found)}")
    classes = Counter(ours.get(pair, "no edge of ours") for pair in found)
    for name, count in classes.most_common():
        example = next(pair for pair in found if ours.get(pair, "no edge of ours") == name)
        print(f"  {count:6} {name:24} {example[0]} -> {example[1]}")


def main(folder: str, package: str) -> None:
    """Print the comparison of one package."""
    ours = our_pairs(Path(folder), package)
    for name, theirs in (
        ("grimp", grimp_pairs(Path(folder), package)),
        ("ruff", ruff_pairs(Path(folder), package)),
    ):
        theirs = {pair for pair in theirs if pair[0] != pair[1]}
        print(f"{package}: ours {len(ours)}, {name} {len(theirs)}")
        _print_difference(f"  both, {name}", theirs & ours.keys(), ours)
        _print_difference(f"  only ours, not {name}", ours.keys() - theirs, ours)
        _print_difference(f"  only {name}", theirs - ours.keys(), ours)


if __name__ == "__main__":
    main(*sys.argv[1:])
