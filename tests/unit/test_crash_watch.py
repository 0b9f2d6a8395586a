"""After fixes, first imports that crashed are run again, and none is forgotten for want of a finding."""

from __future__ import annotations

import dataclasses

from harness.project import apply_settled, build, setup_of, source_path
from import_cycles.analysis.change import Change
from import_cycles.analysis.project import Project
from import_cycles.base.record import replace
from import_cycles.findings.rule import Severity
from import_cycles.repair.crash_watch import CrashWatch

SHOP = {
    "shop/__init__.py": "",
    "shop/orders.py": "from shop.users import User\n\nclass Order: ...\n",
    "shop/users.py": "from shop.orders import Order\n\nclass User: ...\n",
    "shop/main.py": "import shop.orders\n",
    "shop/alone.py": "import shop\n",
}


def _watched() -> tuple[Project, CrashWatch]:
    project, _ = build(SHOP, setup_of(SHOP))
    return project, CrashWatch(project)


def test_crashes_with_findings_are_told_by_these() -> None:
    _, watch = _watched()
    assert watch.left() == ()


def test_crashes_that_are_gone_are_not_left() -> None:
    project, watch = _watched()
    apply_settled(project, Change({source_path("shop/users.py"): "class User: ...\n"}))
    assert watch.left() == ()


def test_a_crash_without_a_finding_is_left() -> None:
    project, watch = _watched()
    off = {"cycle-crash": Severity.OFF, "cycle-order-dependent": Severity.OFF}
    settings = replace(project.snapshot.settings, severity=off)
    apply_settled(project, Change(settings=settings))
    assert [each.told for each in watch.left()] == [
        "importing shop.main first still fails with ImportError",
        "importing shop.orders first still fails with ImportError",
        "importing shop.users first still fails with ImportError",
    ]
    assert {(each.path, each.line) for each in watch.left()} == {
        (source_path("shop/orders.py"), 0),
        (source_path("shop/users.py"), 0),
    }


def test_what_people_do_not_hear_of_is_not_watched() -> None:
    off = {"cycle-crash": Severity.OFF, "cycle-order-dependent": Severity.OFF}
    setup = setup_of(SHOP)
    quiet = replace(setup.settings, severity=off)
    project, _ = build(SHOP, dataclasses.replace(setup, settings=quiet))
    assert CrashWatch(project).left() == ()
