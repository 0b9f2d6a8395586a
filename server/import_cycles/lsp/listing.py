"""All cycles of a session as JSON, for lists and quickfix windows of editors.

The answer to the command `import-cycles.list` (see import_cycles.lsp.server)::

    {
      "version": 1,
      "folders": [
        {
          "uri": "file:///home/me/shop",
          "components": [
            {
              "members": ["shop.models", "shop.orders"],
              "cycles": [
                {
                  "path": ["shop.models", "shop.orders", "shop.models"],
                  "message": "shop.models imports shop.orders, which …",
                  "severity": "information",
                  "code": "cycle",
                  "hops": [
                    {
                      "importer": "shop.models",
                      "imported": "shop.orders",
                      "message": "shop.models imports shop.orders",
                      "location": {"uri": "file:///…", "range": {…}}
                    }
                  ]
                }
              ],
              "cut": [
                {
                  "importer": "shop.models",
                  "imported": "shop.orders",
                  "ends": 1,
                  "effort": "functions",
                  "locations": [{"uri": "file:///…", "range": {…}}]
                }
              ],
              "cutIsLeast": true
            }
          ]
        }
      ]
    }

Locations are LSP `Location`s, columns in the units that were agreed upon. A cycle that several
findings speak of is listed once, from its alphabetically first module if that has a finding of
it; cycles are sorted by length, then by path. Components whose findings are switched off have no
cycles in the list.

`cut` has the imports without which the component has no cycle left, those that end most of the
cycles first; `effort` is one of `import_cycles.proposals.effort.Effort`. `cutIsLeast` tells that
no easier cut ends all cycles; of large components this is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from import_cycles.analysis.change import ShownFinding
from import_cycles.analysis.cuts import ImportToCut, KnotCut, shown_places
from import_cycles.analysis.explain import hops_of
from import_cycles.base.names import ModuleName
from import_cycles.base.text import Encoding
from import_cycles.base.words import printable
from import_cycles.lsp.convert import UriOf, location_json
from import_cycles.lsp.schedule import View

LIST_VERSION = 1

_Json = dict[str, Any]


def listed(
    views: Iterable[tuple[View, Sequence[KnotCut]]], encoding: Encoding, uri_of: UriOf
) -> _Json:
    """The whole answer, from views and what to cut in each of their components."""
    folders = [
        {"uri": uri_of(view.folder), "components": _components(view, cuts, encoding, uri_of)}
        for view, cuts in sorted(views, key=lambda pair: pair[0].folder)
    ]
    return {"version": LIST_VERSION, "folders": folders}


def _components(
    view: View, cuts: Sequence[KnotCut], encoding: Encoding, uri_of: UriOf
) -> list[_Json]:
    cycles = _cycles(view)
    answer = []
    for component, cut in zip(view.snapshot.components, cuts, strict=True):
        members = frozenset(component.members)
        inside = [each for path, each in cycles.items() if members.issuperset(path)]
        answer.append(
            {
                "members": list(component.members),
                "cycles": [_cycle(view, each, encoding, uri_of) for each in inside],
                "cut": [_import(each, view, encoding, uri_of) for each in cut.imports],
                "cutIsLeast": cut.is_least,
            }
        )
    return answer


def _cycles(view: View) -> dict[tuple[ModuleName, ...], ShownFinding]:
    """One finding per cycle, by its modules from the alphabetically first on."""
    found: dict[tuple[ModuleName, ...], ShownFinding] = {}
    for path in sorted(view.snapshot.findings):
        for finding in view.snapshot.findings[path]:
            modules = finding.path[:-1]
            if not modules:
                continue
            first = modules.index(min(modules))
            round_trip = (*modules[first:], *modules[:first])
            if first == 0 or round_trip not in found:
                found[round_trip] = finding
    return dict(sorted(found.items(), key=lambda item: (len(item[0]), item[0])))


def _import(each: ImportToCut, view: View, encoding: Encoding, uri_of: UriOf) -> _Json:
    return {
        "importer": each.importer,
        "imported": each.imported,
        "ends": each.n_ended,
        "effort": each.cost.effort.value,
        "locations": [
            location_json(uri_of(place.path), place.range, encoding)
            for place in shown_places(view.snapshot, each)
        ],
    }


def _cycle(view: View, finding: ShownFinding, encoding: Encoding, uri_of: UriOf) -> _Json:
    hops = [
        {
            "importer": hop.importer,
            "imported": hop.imported,
            "message": printable(hop.message),
            "location": location_json(uri_of(hop.place.path), hop.place.range, encoding),
        }
        for hop in hops_of(view.snapshot, finding)
    ]
    return {
        "path": list(finding.path),
        "message": printable(finding.message),
        "severity": finding.severity.value,
        "code": finding.code,
        "hops": hops,
    }
