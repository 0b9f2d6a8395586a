"""The formats of `check`, each in a file of `render` that is imported when it is asked for."""

from __future__ import annotations

from import_cycles.cli.places import Places
from import_cycles.cli.report import Report

FORMATS = ("text", "concise", "github", "gitlab", "json", "junit", "markdown", "sarif")


def rendered(name: str, report: Report, places: Places) -> str:
    """The report in one of `FORMATS` but `text`, which depends on more."""
    match name:
        case "concise":
            from import_cycles.cli.render import concise

            return concise.render(report, places)
        case "github":
            from import_cycles.cli.render import github

            return github.render(report, places)
        case "gitlab":
            from import_cycles.cli.render import gitlab

            return gitlab.render(report, places)
        case "json":
            from import_cycles.cli.render import json_report

            return json_report.render(report, places)
        case "junit":
            from import_cycles.cli.render import junit

            return junit.render(report, places)
        case "markdown":
            from import_cycles.cli.render import markdown

            return markdown.render(report, places)
        case "sarif":
            from import_cycles.cli.render import sarif

            return sarif.render(report, places)
    raise AssertionError(f"no format {name}")
