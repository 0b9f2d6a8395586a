"""What the extension says about itself agrees with the server. Needs no Node."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from vscode_client import CLIENT, manifest

import import_cycles
from import_cycles.analysis.registry import rules
from import_cycles.findings.rule import Severity
from import_cycles.workspace.config import load_config

SETTINGS: dict[str, dict[str, Any]] = {
    key.removeprefix("import-cycles."): schema
    for key, schema in manifest()["contributes"]["configuration"]["properties"].items()
}
OF_THE_EDITOR = {"importStrategy", "interpreter", "path", "logLevel", "trace.server"}
OF_THE_SERVER = {
    "roots", "exclude", "respectGitignore", "cache", "targetVersion", "platform", "typeChecking", "severity",
    "lazyImports", "baseline",
}  # fmt: skip


def test_every_setting_is_known() -> None:
    assert set(SETTINGS) == OF_THE_EDITOR | OF_THE_SERVER


def test_every_key_of_the_server_is_a_setting(tmp_path: Any) -> None:
    """A key that does not exist is answered with those that do."""
    (problem,) = load_config(tmp_path, {"zzzzzz": 1}).problems
    known = re.search(r"known are (.*)", problem.message)
    assert known is not None
    keys = {re.sub(r"-(.)", lambda m: m[1].upper(), key) for key in known[1].split(", ")}
    assert keys == OF_THE_SERVER


def test_defaults_and_settings_of_the_editor_change_nothing(tmp_path: Any) -> None:
    nested: dict[str, Any] = {}
    for key, schema in SETTINGS.items():
        nested[key.partition(".")[0]] = schema["default"]
    assert load_config(tmp_path, nested) == load_config(tmp_path)


def test_severity_knows_the_rules() -> None:
    properties = SETTINGS["severity"]["properties"]
    assert {code: schema["default"] for code, schema in properties.items()} == {
        rule.code: rule.severity.value for rule in rules()
    }
    for rule in rules():
        assert properties[rule.code]["description"] == rule.docs.strip().splitlines()[0]
        assert properties[rule.code]["enum"] == [severity.value for severity in Severity]


@pytest.mark.parametrize("platform", SETTINGS["platform"]["enum"])
def test_platforms_are_known(platform: str, tmp_path: Any) -> None:
    assert not load_config(tmp_path, {"platform": platform}).problems


@pytest.mark.parametrize("version", ["3.12", "3.12.1", "py312", "", "3", "py3.12", "12"])
def test_versions_are_judged_alike(version: str, tmp_path: Any) -> None:
    fits = re.search(SETTINGS["targetVersion"]["pattern"], version) is not None
    assert fits is not bool(load_config(tmp_path, {"targetVersion": version}).problems)


def test_scopes() -> None:
    for key in OF_THE_SERVER:
        assert SETTINGS[key]["scope"] == "resource"
    restricted = manifest()["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"]
    assert set(restricted) == {
        f"import-cycles.{key}" for key in ("path", "interpreter", "importStrategy")
    }


def test_version_is_the_server_s() -> None:
    assert manifest()["version"] == import_cycles.__version__


def test_packages_come_from_the_registry() -> None:
    lock = json.loads((CLIENT / "package-lock.json").read_text(encoding="utf-8"))
    places = {package.get("resolved", "") for package in lock["packages"].values()}
    assert all(place.startswith("https://registry.npmjs.org/") for place in places - {""})
    assert all("integrity" in package for path, package in lock["packages"].items() if path)
