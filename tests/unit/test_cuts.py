"""What imports are needed for, estimated from summaries, and which are nominated to be cut."""

from __future__ import annotations

import pytest

from harness.project import apply_settled, build, setup_of, texts_of
from import_cycles.analysis.change import Change
from import_cycles.analysis.cuts import Cuts, KnotCut, shown_places
from import_cycles.analysis.project import Project
from import_cycles.base.names import ModuleName

USERS = "from shop import orders\nprint(orders)\nclass User: ...\ndef find(): ...\n"


def project_of(**files: str) -> Project:
    texts = {
        "pyproject.toml": '[tool.import-cycles]\ntarget-version = "3.12"\n',
        **{path.replace("__", "/", 1) + ".py": text for path, text in files.items()},
    }
    return build(texts, setup_of(texts))[0]


def only_knot(project: Project) -> KnotCut:
    (component,) = project.snapshot.components
    return Cuts().of(project.snapshot, component)


@pytest.mark.parametrize(
    ("orders", "effort"),
    [
        ("from __future__ import annotations\nfrom shop.users import User\nx: User", "nothing"),
        ("from shop.users import User\ndef f(user: User) -> None: ...", "nothing"),
        ("import shop.users\ndef f(user: shop.users.User) -> None: ...", "nothing"),
        ("from shop.users import User, find\ndef f(user: User): find()", "functions"),
        ("import shop.users\ndef f(): return shop.users.find()", "functions"),
        ("import shop.users as u\nclass A:\n    def f(self): return u.find()", "functions"),
        ("from shop.users import find\ng = lambda: find()", "functions"),
        ("from shop.users import User\n__all__ = ['User']", "export"),
        ("from shop.users import User\nclass Admin(User): ...", "loading"),
        ("from shop.users import find\n@find\ndef f(): ...", "loading"),
        ("from shop.users import find\ndef f(x=find()): ...", "loading"),
        ("from shop.users import find\nclass A:\n    x = [y for y in find()]", "loading"),
        ("from shop.users import User, find\ndef f(user: User): ...\nfind()", "loading"),
        ("from shop.users import find\ndef f(): g()\ndef g(): find()\nf()", "loading"),
        ("from shop.users import find\ndef f(g): find()\n@f\ndef h(): ...", "loading"),
        ("from shop.users import find\nclass A:\n    def __init__(self): find()\nA()", "loading"),
        ("from shop.users import *", "unclear"),
        ("import shop.users", "unclear"),
        ("from shop import users", "unclear"),
        ("import importlib\nimportlib.import_module('shop.users')", "unclear"),
        ("class A:\n    from shop.users import User", "unclear"),
        ("def f():\n    import shop.users\nf()", "unclear"),
        # A parameter of that name is another thing.
        ("from shop.users import find\ndef f(find): find()", "nothing"),
    ],
)
def test_what_an_import_is_needed_for(orders: str, effort: str) -> None:
    # The other way is needed while loading, and by two statements: it is never the cheaper one.
    users = USERS + "from shop.orders import __name__ as n\nprint(n)\n"
    knot = only_knot(project_of(shop____init__="", shop__orders=orders, shop__users=users))
    (cut,) = knot.imports
    assert (cut.importer, cut.imported) == ("shop.orders", "shop.users")
    assert cut.cost.effort.value == effort
    assert (cut.n_ended, knot.n_cycles, knot.is_least) == (1, 1, True)


def test_names_of_a_package_are_there_to_be_imported() -> None:
    knot = only_knot(
        project_of(
            shop____init__="from shop.users import User\ndef f(): User()\n",
            shop__users="import shop\nclass User(shop.Base): ...\n",
        )
    )
    assert [(each.importer, each.cost.effort.value) for each in knot.imports] == [
        ("shop", "export")
    ]


def test_names_that_a_package_passes_on_can_be_had_from_elsewhere() -> None:
    knot = only_knot(
        project_of(
            shop____init__="from shop.base import Base\nfrom shop.users import User\nprint(User)\n",
            shop__base="class Base: ...\n",
            shop__users="from shop import Base\nclass User(Base): ...\n",
        )
    )
    assert [(each.importer, each.cost.effort.value) for each in knot.imports] == [
        ("shop.users", "elsewhere")
    ]


def test_a_statement_counts_once_however_many_names_it_has() -> None:
    knot = only_knot(
        project_of(
            a="from b import X, Y, Z\nprint(X, Y, Z)",
            b="import a\nprint(a)\nfrom a import X as x\nprint(x)",
        )
    )
    assert [each.told for each in knot.imports] == ["a imports b"]


def test_one_dear_import_is_not_cut_when_several_cheap_ones_do() -> None:
    later = "from hub import X\ndef f(): X\n"
    knot = only_knot(
        project_of(hub="import a, b, c\nprint(a, b, c)\nX = 1", a=later, b=later, c=later)
    )
    assert [each.importer for each in knot.imports] == ["a", "b", "c"]


def test_the_import_that_ends_most_cycles_comes_first() -> None:
    knot = only_knot(
        project_of(
            a="import b, c\nprint(b, c)",
            b="import d\nprint(d)",
            c="import d\nprint(d)",
            d="import a, e\ndef f(): a, e",
            e="import d\nprint(d)",
        )
    )
    assert [(each.told, each.n_ended) for each in knot.imports] == [
        ("d imports a", 2),
        ("d imports e", 1),
    ]
    assert [knot.ended_by(each) for each in knot.imports] == [
        "2 of the 3 cycles",
        "1 of the 3 cycles",
    ]
    on_it = knot.on([ModuleName(name) for name in "abda"])
    assert on_it is not None and on_it.told == "d imports a"
    assert knot.on([ModuleName("x"), ModuleName("x")]) is None


def test_self_imports_are_another_matter() -> None:
    knot = only_knot(project_of(a="import a, b\nprint(a, b)", b="import a\ndef f(): a"))
    assert [each.told for each in knot.imports] == ["b imports a"]
    assert knot.n_cycles == 1


def test_places_follow_the_text_and_nothing_is_worked_out_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = project_of(a="import b\nprint(b)", b="import a\ndef f(): a")
    cuts = Cuts()
    before = cuts.around(project.snapshot, ModuleName("a"))
    apply_settled(project, Change(texts_of({"b.py": "# moved\n\nimport a\ndef f(): a"})))
    monkeypatch.setattr("import_cycles.analysis.cuts.cheapest_cut", None)
    after = cuts.around(project.snapshot, ModuleName("a"))
    assert before is after is not None
    (place,) = shown_places(project.snapshot, after.imports[0])
    assert place.range.start.line == 2


def test_what_a_function_reads_changes_the_answer() -> None:
    project = project_of(a="import b\nprint(b)", b="import a\ndef f(): a")
    cuts = Cuts()
    assert [each.told for each in cuts.of(*_knot(project)).imports] == ["b imports a"]
    apply_settled(
        project, Change(texts_of({"a.py": "import b\ndef f(): b", "b.py": "import a\nprint(a)"}))
    )
    assert [each.told for each in cuts.of(*_knot(project)).imports] == ["a imports b"]


def _knot(project: Project):  # type: ignore[no-untyped-def]
    return project.snapshot, project.snapshot.components[0]


def test_nothing_is_cut_where_no_cycle_is() -> None:
    project = project_of(a="import b", b="")
    assert Cuts().around(project.snapshot, ModuleName("a")) is None
