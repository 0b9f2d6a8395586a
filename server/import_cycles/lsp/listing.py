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
                      "location": {"uri": "file:///…", "range": {…}}
                    }
                  ]
                }
              ]
            }
          ]
        }
      ]
    }

Locations are LSP `Location`s, columns in the units that were agreed upon. A cycle that several
findings speak of is listed once, from its alphabetically first module if that has a finding of
it; cycles are sorted by length, then by path. Components whose findings are switched off have no cycles in the list.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from import_cycles.analysis.explain import Explanation, explain
from import_cycles.base.names import ModuleName
from import_cycles.base.text import Encoding
from import_cycles.lsp.convert import UriOf, location_json
from import_cycles.lsp.schedule import View

LIST_VERSION = 1

_Json = dict[str, Any]


def listed(views: Iterable[View], encoding: Encoding, uri_of: UriOf) -> _Json:
    """The whole answer."""
    folders = [
        {"uri": uri_of(view.folder), "components": _components(view, encoding, uri_of)}
        for view in sorted(views, key=lambda view: view.folder)
    ]
    return {"version": LIST_VERSION, "folders": folders}


def _components(view: View, encoding: Encoding, uri_of: UriOf) -> list[_Json]:
    cycles = _cycles(view)
    answer = []
    for component in view.snapshot.components:
        members = frozenset(component.members)
        inside = [each for path, each in cycles.items() if members.issuperset(path)]
        answer.append(
            {
                "members": list(component.members),
                "cycles": [_cycle(each, encoding, uri_of) for each in inside],
            }
        )
    return answer


def _cycles(view: View) -> dict[tuple[ModuleName, ...], Explanation]:
    """One explanation per cycle, by its modules from the alphabetically first on."""
    found: dict[tuple[ModuleName, ...], Explanation] = {}
    for path in sorted(view.snapshot.findings):
        for finding in view.snapshot.findings[path]:
            modules = finding.cycle[:-1]
            if not modules:
                continue
            first = modules.index(min(modules))
            round_trip = (*modules[first:], *modules[:first])
            if first == 0 or round_trip not in found:
                found[round_trip] = explain(finding)
    return dict(sorted(found.items(), key=lambda item: (len(item[0]), item[0])))


def _cycle(explanation: Explanation, encoding: Encoding, uri_of: UriOf) -> _Json:
    finding = explanation.finding
    hops = [
        {
            "importer": hop.importer,
            "imported": hop.imported,
            "location": location_json(uri_of(hop.place.path), hop.place.range, encoding),
        }
        for hop in explanation.hops
    ]
    return {
        "path": list(finding.cycle),
        "message": finding.message,
        "severity": finding.severity.value,
        "code": finding.code,
        "hops": hops,
    }
