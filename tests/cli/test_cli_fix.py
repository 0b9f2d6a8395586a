"""`import-cycles fix`: what it writes, what it leaves alone, and what it says."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from import_cycles.__main__ import main
from import_cycles.repair.applying import Repair, Repaired, Wish
from import_cycles.workspace import writing

SHOP = {
    "pyproject.toml": "[project]\nname = 'shop'\nrequires-python = '>=3.10'\n",
    "shop/__init__.py": "",
    "shop/orders.py": "from shop.users import User\n\n\nclass Order:\n"
    "    def buyer(self) -> 'User': ...\n",
    "shop/users.py": "import shop.orders\n\n\nclass User(shop.orders.Order):\n    pass\n",
}
MakeProject = Callable[[Mapping[str, str]], Path]


def test_the_project_is_fixed(project: MakeProject, capsys: pytest.CaptureFixture[str]) -> None:
    root = project(SHOP)
    assert main(["fix", str(root)]) == 0
    told = capsys.readouterr().out
    assert "Guard `User` with TYPE_CHECKING" in told
    assert "1 fix applied in 1 file, 1 cycle ended, 0 findings left" in told
    assert main(["check", str(root)]) == 0


def test_a_diff_changes_nothing_and_can_be_applied(
    project: MakeProject, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(SHOP)
    monkeypatch.chdir(root)
    main(["fix", "--diff"])
    diff = capsys.readouterr().out
    assert (root / "shop/orders.py").read_text() == SHOP["shop/orders.py"]
    subprocess.run(["git", "apply", "-"], input=diff, text=True, cwd=root, check=True)
    assert main(["check"]) == 0


def test_a_diff_without_a_change_says_why(
    project: MakeProject, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project({"a.py": "import b\n", "b.py": ""}))
    assert main(["fix", "--diff"]) == 0
    out, err = capsys.readouterr()
    assert (out, err) == ("", "import-cycles: nothing to do: there is no import cycle\n")
    project(
        {"b.py": "from a import A\nclass B(A): ...\n", "a.py": "from b import B\nclass A: ...\n"}
    )
    assert main(["fix", "--diff"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "nothing can be done at a.py:1:15: " in err
    assert "not defer-into-function in b: `A` is used while the module loads, in line 2" in err


@pytest.mark.parametrize(
    ("encoding", "cookie"), [("utf-8-sig", ""), ("latin-1", "# coding: latin-1\n")]
)
def test_encoding_line_ends_and_permissions_stay(
    project: MakeProject, encoding: str, cookie: str
) -> None:
    root = project(SHOP)
    orders = root / "shop/orders.py"
    text = f"{cookie}NAME = 'é'\n{SHOP['shop/orders.py']}".replace("\n", "\r\n")
    orders.write_bytes(text.encode(encoding))
    orders.chmod(0o750)
    assert main(["fix", str(root)]) == 0
    after = orders.read_bytes()
    assert orders.stat().st_mode & 0o777 == 0o750
    assert after.startswith(b"\xef\xbb\xbf") == (encoding == "utf-8-sig")
    assert "NAME = 'é'" in after.decode(encoding)
    assert b"TYPE_CHECKING" in after
    assert after.count(b"\n") == after.count(b"\r\n")


NO_POSIX = pytest.mark.skipif(os.name == "nt", reason="needs what POSIX knows of files")


@pytest.mark.parametrize("refused", ["shop/orders.py", "shop/later.py"])
def test_a_read_only_file_is_named_and_nothing_is_changed(
    project: MakeProject, capsys: pytest.CaptureFixture[str], refused: str
) -> None:
    texts = {
        **SHOP,
        "shop/later.py": SHOP["shop/orders.py"].replace("users", "last"),
        "shop/last.py": SHOP["shop/users.py"].replace("orders", "later"),
    }
    root = project(texts)
    (root / refused).chmod(0o444)
    assert main(["fix", str(root)]) == 2
    told = capsys.readouterr()
    assert f"{root / refused}: is read-only; not changed" in told.err
    assert "no file was changed" in told.err
    assert told.out == ""
    assert {path: (root / path).read_text() for path in texts} == texts
    (root / refused).chmod(0o644)
    assert main(["fix", str(root)]) == 0
    assert "2 files" in capsys.readouterr().out


@NO_POSIX
def test_hard_links_stay_together(project: MakeProject) -> None:
    root = project(SHOP)
    orders, other = root / "shop/orders.py", root / "shop/other.txt"
    os.link(orders, other)
    orders.write_text(orders.read_text() + "\n" * 500)
    assert main(["fix", str(root)]) == 0
    assert "TYPE_CHECKING" in orders.read_text()
    assert orders.samefile(other)
    assert sorted(path.name for path in (root / "shop").iterdir() if path.is_file()) == sorted(
        ["other.txt", *(Path(path).name for path in SHOP if path.startswith("shop/"))]
    )


@pytest.mark.skipif(sys.platform != "linux", reason="Python knows extended attributes there only")
def test_extended_attributes_stay(project: MakeProject) -> None:
    root = project(SHOP)
    orders = root / "shop/orders.py"
    try:
        os.setxattr(orders, "user.note", b"kept")
    except OSError:
        pytest.skip("the file system has no extended attributes")
    assert main(["fix", str(root)]) == 0
    assert "TYPE_CHECKING" in orders.read_text()
    assert os.getxattr(orders, "user.note") == b"kept"


@NO_POSIX
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
def test_the_owner_stays(project: MakeProject) -> None:
    root = project(SHOP)
    orders = root / "shop/orders.py"
    os.chown(orders, 1234, 4321)
    assert main(["fix", str(root)]) == 0
    status = orders.stat()
    assert "TYPE_CHECKING" in orders.read_text()
    assert (status.st_uid, status.st_gid) == (1234, 4321)


@pytest.mark.skipif(sys.platform != "linux", reason="Python knows extended attributes there only")
def test_attributes_that_no_other_file_may_have_stay(
    project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    root = project(SHOP)
    orders = root / "shop/orders.py"
    monkeypatch.setattr(os, "listxattr", lambda path: ["security.label"])
    monkeypatch.setattr(os, "getxattr", lambda path, name: b"theirs")
    monkeypatch.setattr(os, "setxattr", refuse)
    before = orders.stat().st_ino
    assert main(["fix", str(root)]) == 0
    assert orders.stat().st_ino == before
    assert "TYPE_CHECKING" in orders.read_text()


def test_only_what_was_asked_for_is_changed(
    project: MakeProject, capsys: pytest.CaptureFixture[str]
) -> None:
    root = project(SHOP)
    assert main(["fix", str(root / "shop/users.py"), "--exit-zero"]) == 0
    assert (root / "shop/orders.py").read_text() == SHOP["shop/orders.py"]
    assert main(["fix", str(root), "--fix", "lazy-import"]) == 1
    assert main(["fix", str(root), "--rule", "cycle-fallback"]) == 0
    assert (root / "shop/orders.py").read_text() == SHOP["shop/orders.py"]


@pytest.mark.parametrize("option", [["--fix", "magic"], ["--rule", "magic"]])
def test_unknown_codes_are_named(
    project: MakeProject, capsys: pytest.CaptureFixture[str], option: list[str]
) -> None:
    assert main(["fix", str(project(SHOP)), *option]) == 2
    assert "magic" in capsys.readouterr().err


def test_a_link_out_of_the_project_is_not_written_through(
    project: MakeProject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = project(SHOP)
    outside = tmp_path_factory.mktemp("outside") / "orders.py"
    outside.write_text(SHOP["shop/orders.py"])
    (root / "shop/orders.py").unlink()
    (root / "shop/orders.py").symlink_to(outside)
    assert main(["fix", str(root)]) == 2
    assert outside.read_text() == SHOP["shop/orders.py"]


def test_no_blank_line_opens_a_file_whose_first_import_goes(project: MakeProject) -> None:
    root = project(
        {"m.py": "import u\nx = 1\n", "u.py": "from m import x\n\n\ndef f():\n    return x\n"}
    )
    assert main(["fix", str(root)]) == 0
    assert (root / "u.py").read_text() == "def f():\n    from m import x\n    return x\n"


NET = {
    "pyproject.toml": "[project]\nname = 'net'\nrequires-python = '>=3.10'\n",
    "net/__init__.py": "",
    "net/config.py": "from net.activations import relu\n\nEPSILON = 1e-6\nUSED = {'relu': relu}\n",
    "net/activations.py": "from net.config import EPSILON\n\n\ndef relu(value):\n    return EPSILON\n",
}
MOVING = ("--unsafe", "--fix", "extract-module")
MOVED = '"""What net.activations and net.config both need."""\n\nEPSILON = 1e-6\n'


def test_a_new_file_is_made_and_shown(
    project: MakeProject, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(NET)
    monkeypatch.chdir(root)
    (root / "net/config.py").chmod(0o640)
    (root / "net/activations.py").chmod(0o640)
    main(["fix", "--diff", *MOVING])
    diff = capsys.readouterr().out
    assert "--- /dev/null\n+++ b/net/_shared.py\n" in diff
    assert not (root / "net/_shared.py").exists()
    assert main(["fix", *MOVING]) == 0
    assert (root / "net/_shared.py").read_text() == MOVED
    assert (root / "net/_shared.py").stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in (root / "net").iterdir() if path.suffix != "") == [
        "__init__.py",
        "_shared.py",
        "activations.py",
        "config.py",
    ]
    subprocess.run([sys.executable, "-c", "import net.config"], check=True)
    after = {path: (root / path).read_text() for path in NET}
    project(NET)
    (root / "net/_shared.py").unlink()
    subprocess.run(["git", "apply", "-"], input=diff, text=True, cwd=root, check=True)
    assert {path: (root / path).read_text() for path in NET} == after
    assert (root / "net/_shared.py").read_text() == MOVED


def test_no_file_is_written_over(
    project: MakeProject, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project({**NET, "net/_shared.py": "EPSILON = 1\n"})
    monkeypatch.chdir(root)
    assert main(["fix", *MOVING]) == 0
    assert (root / "net/_shared.py").read_text() == "EPSILON = 1\n"
    assert (root / "net/_common.py").read_text() == MOVED


@pytest.mark.skipif(os.name == "nt", reason="permissions of folders are others there")
def test_a_new_file_that_cannot_be_made_leaves_all_files_alone(
    project: MakeProject, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(NET)
    monkeypatch.chdir(root)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr("import_cycles.workspace.writing._link_new", full)
    assert main(["fix", *MOVING]) == 2
    assert "net/_shared.py: cannot be written" in capsys.readouterr().err
    assert {path: (root / path).read_text() for path in NET} == NET


PATCHED = {
    "pyproject.toml": "[project]\nname = 'shop'\n",
    "src/shop/__init__.py": "",
    "src/shop/a.py": "from shop.b import thing\n\n\ndef use():\n    return thing()\n",
    "src/shop/b.py": "import shop.a\n\n\ndef thing(): ...\n",
    "tests/test_a.py": "from unittest import mock\n\n\ndef test_use():\n"
    "    with mock.patch('shop.a.thing'): ...\n",
}


@pytest.mark.parametrize("path", [".", "src", "src/shop", "src/shop/a.py"])
@pytest.mark.parametrize("command", ["fix", "plan"])
def test_what_tests_replace_counts_whatever_is_to_be_fixed(
    project: MakeProject,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    path: str,
) -> None:
    root = project(PATCHED)
    monkeypatch.chdir(root)
    assert main([command, path]) == 1
    told = capsys.readouterr().out
    assert "tests.test_a names `shop.a.thing` in a string, as `mock.patch` does" in told
    assert (root / "src/shop/a.py").read_text() == PATCHED["src/shop/a.py"]


def test_only_files_below_the_paths_are_written(
    project: MakeProject, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        **SHOP,
        "tests/p.py": "from tests.q import Q\ndef p() -> 'Q': ...\n",
        "tests/q.py": "import tests.p\nclass Q: ...\n",
        "tests/__init__.py": "",
    }
    root = project(files)
    monkeypatch.chdir(root)
    assert main(["fix", "shop"]) == 0
    assert "shop/orders.py" in capsys.readouterr().out
    assert (root / "tests/p.py").read_text() == files["tests/p.py"]


CRASHING = {
    "pyproject.toml": "[project]\nname = 'shop'\nrequires-python = '>=3.10'\n",
    "shop/__init__.py": "",
    "shop/orders.py": "from shop.users import User\n\n\nclass Order:\n"
    "    def buyer(self) -> 'User': ...\n",
    "shop/users.py": "from shop.orders import Order\n\n\nclass User(Order): ...\n",
    "shop/x.py": "import shop.y\n\n\ndef use():\n    return shop.y.Y\n",
    "shop/y.py": "import shop.x\n\n\ndef use():\n    return shop.x.use\n",
}


@pytest.mark.parametrize("options", [[], ["--all"]])
def test_what_the_plan_lists_is_carried_out(
    project: MakeProject,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
) -> None:
    root = project(CRASHING)
    monkeypatch.chdir(root)
    assert main(["plan", *options]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert main(["fix", "--plan", "--diff", *options]) == 0
    diff = capsys.readouterr().out
    assert (root / "shop/orders.py").read_text() == CRASHING["shop/orders.py"]
    assert main(["fix", "--plan", *options]) == 0
    done = capsys.readouterr().out.splitlines()
    assert done[:-1] == listed[:-1]
    assert done[-1] == listed[-1].replace("would end", "ended")
    assert ("shop/y.py" in diff) == bool(options)
    assert main(["plan", *options]) == 0
    assert "nothing to do" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", [["--all"], ["--plan", "--rule", "cycle"]])
def test_options_that_do_not_go_together(
    project: MakeProject, capsys: pytest.CaptureFixture[str], wrong: list[str]
) -> None:
    assert main(["fix", *wrong, str(project(CRASHING))]) == 2
    assert "--plan" in capsys.readouterr().err


_TWO = {
    name.replace("shop", project): text.replace("shop", project)
    for project in ("inn", "shop")
    for name, text in SHOP.items()
    if name != "pyproject.toml"
}


def test_ctrl_c_leaves_whole_files_and_says_which_are_done(
    project: MakeProject, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(_TWO)
    replace = writing._replace

    def interrupted(target: Path, data: bytes) -> None:
        if "shop" in target.parts:
            raise KeyboardInterrupt
        replace(target, data)

    with monkeypatch.context() as patch:
        patch.setattr(writing, "_replace", interrupted)
        assert main(["fix", str(root)]) == 130
    told = capsys.readouterr().err
    assert "import-cycles: changed: inn/orders.py\n" in told
    assert "import-cycles: not changed: shop/orders.py\n" in told
    assert (root / "shop/orders.py").read_text() == _TWO["shop/orders.py"]
    assert "TYPE_CHECKING" in (root / "inn/orders.py").read_text()
    assert main(["fix", str(root)]) == 0


_KILLED = """
import os, signal, sys
from pathlib import Path
from import_cycles.__main__ import main
from import_cycles.workspace import writing
name, moment = sys.argv[1:3]
act = getattr(writing, name)
def killed(target, *rest):
    if moment == "after":
        act(target, *rest)
    if "shop" in Path(target).parts:
        os.kill(os.getpid(), signal.SIGKILL)
    return act(target, *rest)
setattr(writing, name, killed)
main(["fix", sys.argv[3]])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("name", ["_replace", "_written_beside"])
def test_a_kill_leaves_whole_files(
    project: MakeProject, name: str, moment: str, fresh_environment: dict[str, str]
) -> None:
    root = project(_TWO)
    command = [sys.executable, "-c", _KILLED, name, moment, str(root)]
    assert subprocess.run(command, env=fresh_environment, check=False).returncode == -9
    for part in ("inn", "shop"):
        text = (root / part / "orders.py").read_text()
        assert text == _TWO[f"{part}/orders.py"] or text.endswith(
            "def buyer(self) -> 'User': ...\n"
        )
    assert main(["fix", str(root)]) == 0
    assert main(["check", str(root)]) == 0


def test_a_file_that_has_changed_since_is_not_written(
    project: MakeProject, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(_TWO)
    newer = f"{_TWO['shop/orders.py']}# typed meanwhile\n"
    run = Repair.run

    def typed(self: Repair, wish: Wish) -> Repaired:
        repaired = run(self, wish)
        (root / "shop/orders.py").write_text(newer)
        return repaired

    monkeypatch.setattr(Repair, "run", typed)
    assert main(["fix", str(root)]) == 2
    assert "shop/orders.py: has changed in the meantime" in capsys.readouterr().err
    assert (root / "shop/orders.py").read_text() == newer
    assert (root / "inn/orders.py").read_text() == _TWO["inn/orders.py"]
