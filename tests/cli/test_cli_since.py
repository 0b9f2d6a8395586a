"""`import-cycles check --since REV`: what a branch did, read out of git without a checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from import_cycles.workspace.git import GitError, Repository
from import_cycles.workspace.workspace import Workspace, as_source_path

Write = Callable[[Mapping[str, str]], Path]
Git = Callable[..., str]

RING = {
    "pyproject.toml": "[tool.import-cycles]\n",
    "shop/__init__.py": "",
    "shop/orders.py": "import shop.users\n\nLIMIT = 1\n",
    "shop/users.py": "import shop.orders\n\nNAME = 2\n",
}


@pytest.fixture
def git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Git:
    """Runs git in the working directory, without a user's configuration."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")

    def call(*arguments: str, folder: Path | None = None) -> str:
        return subprocess.run(
            ["git", "-c", "user.name=n", "-c", "user.email=e@x", *arguments],
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    return call


@pytest.fixture
def ring(project: Write, git: Git) -> Path:
    """A repository with one commit that has a cycle."""
    folder = project(RING)
    git("init", "-q", "-b", "main", ".")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    return folder


def closing(out: str) -> str:
    return next(line for line in out.splitlines() if line.startswith("Since "))


def test_nothing_changed(ring: Path, run: Any) -> None:
    result = run("check", "--since", "HEAD")
    assert (result.status, result.err) == (0, "")
    assert "no new findings" in result.out
    assert closing(result.out).endswith(": 0 cycles new, 0 gone, 1 unchanged")


def test_new_gone_and_unchanged(ring: Path, project: Write, run: Any) -> None:
    project({"a.py": "import b\n", "b.py": "import a\n"})
    result = run("check", "--since", "HEAD", "--verbose")
    assert result.status == 1
    assert closing(result.out).endswith(": 1 cycle new, 0 gone, 1 unchanged")
    assert "shop/orders.py" not in result.out
    project({"shop/users.py": "NAME = 2\n"})
    result = run("check", "--since", "HEAD")
    assert closing(result.out).endswith(": 1 cycle new, 1 gone, 0 unchanged")


def test_only_gone_is_no_failure(ring: Path, project: Write, run: Any) -> None:
    project({"shop/users.py": "NAME = 2\n"})
    result = run("check", "--since", "HEAD", "--format", "json")
    assert result.status == 0
    since = json.loads(result.out)["since"]
    assert [
        (each["importer"], each["imported"], each["path"], each["line"]) for each in since["gone"]
    ] == [
        ("shop.orders", "shop.users", "shop/orders.py", 1),
        ("shop.users", "shop.orders", "shop/users.py", 1),
    ]


def test_first_imports_that_crash_now_are_told(ring: Path, project: Write, run: Any) -> None:
    project(
        {
            "shop/users.py": "from shop.orders import LIMIT\n\nNAME = 2\n",
            "far.py": "import shop.orders\n",
        }
    )
    result = run("check", "--since", "HEAD")
    assert result.status == 1
    assert "  crashes now as first import: far (at shop/users.py:1)" in result.out
    assert "  crashes now as first import: shop.orders (at shop/users.py:1)" in result.out
    assert "shop.users (at" not in result.out
    markdown = run("check", "--since", "HEAD", "--format", "markdown").out
    assert "First imports that crash now and did not:\n\n- `far` at `shop/users.py:1`\n" in markdown


def test_first_imports_that_load_now_are_told(
    ring: Path, project: Write, git: Git, run: Any
) -> None:
    project({"shop/users.py": "from shop.orders import LIMIT\n\nNAME = 2\n"})
    git("commit", "-qam", "crash")
    project({"shop/users.py": RING["shop/users.py"]})
    result = run("check", "--since", "HEAD")
    assert result.status == 0
    assert "  loads now as first import: shop.orders" in result.out


def test_what_the_other_branch_did_since_does_not_count(
    ring: Path, project: Write, git: Git, run: Any
) -> None:
    git("checkout", "-q", "-b", "mine")
    git("checkout", "-q", "main")
    project({"shop/users.py": "NAME = 2\n"})
    git("commit", "-qam", "ended")
    git("checkout", "-q", "mine")
    result = run("check", "--since", "main")
    assert result.status == 0
    assert ", where this branch left main: 0 cycles new, 0 gone, 1 unchanged" in result.out


def test_renamed_package_has_no_new_cycle(ring: Path, git: Git, run: Any) -> None:
    git("mv", "shop", "store")
    for path in (ring / "store").glob("*.py"):
        path.write_text(path.read_text().replace("shop", "store"))
    result = run("check", "--since", "HEAD")
    assert result.status == 0
    assert " (3 modules renamed): 0 cycles new, 0 gone, 1 unchanged" in closing(result.out)


def test_moved_module_has_no_new_cycle(ring: Path, project: Write, git: Git, run: Any) -> None:
    (ring / "shop" / "people").mkdir()
    git("mv", "shop/users.py", "shop/people/users.py")
    project(
        {
            "shop/people/__init__.py": "",
            "shop/orders.py": "import shop.people.users\n\nLIMIT = 1\n",
        }
    )
    result = run("check", "--since", "HEAD")
    assert " (1 module renamed): 0 cycles new, 0 gone, 1 unchanged" in closing(result.out)


def test_module_that_becomes_a_package_keeps_its_name(ring: Path, git: Git, run: Any) -> None:
    (ring / "shop" / "users").mkdir()
    git("mv", "shop/users.py", "shop/users/__init__.py")
    result = run("check", "--since", "HEAD")
    assert closing(result.out).endswith(": 0 cycles new, 0 gone, 1 unchanged")


def test_syntax_error_of_then_says_nothing_of_now(
    ring: Path, project: Write, git: Git, run: Any
) -> None:
    project({"shop/users.py": "import (\n"})
    git("commit", "-qam", "broken")
    project({"shop/users.py": RING["shop/users.py"]})
    result = run("check", "--since", "HEAD")
    assert closing(result.out).endswith(": 1 cycle new, 0 gone, 0 unchanged")


def test_ends_of_lines_are_no_change(ring: Path, run: Any) -> None:
    path = ring / "shop" / "users.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    result = run("check", "--since", "HEAD")
    assert closing(result.out).endswith(": 0 cycles new, 0 gone, 1 unchanged")


def test_project_in_a_folder_of_the_repository(
    ring: Path, project: Write, git: Git, run: Any
) -> None:
    project({f"ä b/{path}": text for path, text in RING.items()})
    git("add", ".")
    git("commit", "-qm", "two")
    project({"ä b/shop/tax.py": "import shop.users", "ä b/shop/users.py": "import shop.tax\n"})
    result = run("check", "ä b", "--since", "HEAD")
    assert closing(result.out).endswith(": 1 cycle new, 1 gone, 0 unchanged")
    os.chdir(ring / "ä b" / "shop")
    result = run("check", "..", "--since", "HEAD")
    assert closing(result.out).endswith(": 1 cycle new, 1 gone, 0 unchanged")


def test_worktree_and_detached_head(
    ring: Path, git: Git, run: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other") / "tree"
    git("worktree", "add", "-q", "--detach", str(other))
    (other / "shop" / "users.py").write_text("NAME = 2\n")
    result = run("check", str(other), "--since", "main")
    assert closing(result.out).endswith(": 0 cycles new, 1 gone, 0 unchanged")


def test_git_environment_of_a_hook_does_not_mislead(
    ring: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", "nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "nothing")
    assert run("check", "--since", "HEAD").status == 0


def test_shallow_clone_says_what_to_fetch(
    ring: Path, git: Git, run: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (ring / "more.py").write_text("")
    git("add", ".")
    git("commit", "-qm", "two")
    clone = tmp_path_factory.mktemp("clone") / "c"
    git("clone", "-q", "--depth", "1", ring.as_uri(), str(clone))
    oid = git("rev-parse", "HEAD~1").strip()
    told = run("check", str(clone), "--since", oid)
    assert told.status == 2
    assert "this clone is shallow. Fetch it, for example with `git fetch" in told.err
    assert run("check", str(clone), "--since", "HEAD").status == 0


@pytest.mark.parametrize("name", ["nix", "--output=pwned", "HEAD:shop", "-h", ""])
def test_what_is_no_revision_is_said(ring: Path, run: Any, name: str) -> None:
    before = sorted(ring.rglob("*"))
    told = run("check", f"--since={name}")
    assert told.status == 2
    assert f"there is no revision {name} here" in told.err
    assert sorted(ring.rglob("*")) == before


def test_no_repository_and_no_git_are_said(
    project: Write, run: Any, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(RING)
    assert "--since needs a git repository, and " in run("check", "--since", "HEAD").err
    monkeypatch.setenv("PATH", "")
    told = run("check", "--since", "HEAD")
    assert told.status == 2
    assert "there is no program of that name" in told.err


def hostile_settings(mark: Path) -> Iterator[tuple[str, str]]:
    run_it = f"touch {mark}; true"
    yield "core.fsmonitor", run_it
    yield "core.pager", run_it
    yield "core.sshCommand", run_it
    yield "core.editor", run_it
    yield "core.gitProxy", run_it
    yield "core.askPass", run_it
    yield "core.alternateRefsCommand", run_it
    yield "diff.external", run_it
    yield "diff.evil.textconv", run_it
    yield "diff.evil.command", run_it
    yield "filter.evil.smudge", run_it
    yield "filter.evil.clean", run_it
    yield "filter.evil.process", run_it
    yield "credential.helper", f"!{run_it}"
    yield "alias.ls-tree", f"!{run_it}"
    yield "alias.cat-file", f"!{run_it}"
    yield "gpg.program", run_it
    yield "remote.evil.url", "ext::sh -c touch% pwned"
    yield "remote.evil.uploadpack", run_it


def test_hostile_repository_runs_nothing(
    ring: Path, project: Write, git: Git, run: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("marks")
    mark = folder / "mark"
    project({".gitattributes": "*.py diff=evil filter=evil\n"})
    git("add", ".")
    git("commit", "-qm", "attributes")
    for key, value in hostile_settings(mark):
        git("config", key, value)
    hooks = ring / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in (
        "post-checkout",
        "fsmonitor-watchman",
        "post-index-change",
        "reference-transaction",
    ):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {mark}\n")
        (hooks / name).chmod(0o755)
    project({"shop/users.py": "NAME = 2\n", "new.py": "import new\n"})
    before = {path: path.stat().st_mtime_ns for path in (ring / ".git").rglob("*")}
    result = run("check", "--since", "HEAD")
    assert closing(result.out).endswith(": 1 cycle new, 1 gone, 0 unchanged")
    assert not mark.exists()
    assert {path: path.stat().st_mtime_ns for path in (ring / ".git").rglob("*")} == before


def test_partial_clone_fetches_nothing(
    ring: Path, git: Git, run: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A missing object would be fetched by the program that the repository names."""
    folder = tmp_path_factory.mktemp("marks")
    mark = folder / "mark"
    (ring / "shop" / "users.py").write_text("NAME = 2\n")
    oid = git("rev-parse", "HEAD:shop/users.py").strip()
    (ring / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    for key, value in (
        ("core.repositoryFormatVersion", "1"),
        ("extensions.partialClone", "evil"),
        ("remote.evil.url", str(folder)),
        ("remote.evil.promisor", "true"),
        ("remote.evil.uploadpack", f"touch {mark}; git-upload-pack"),
    ):
        git("config", key, value)
    result = run("check", "--since", "HEAD")
    assert result.status == 2
    assert "git does not have the object" in result.err
    assert not mark.exists()


def test_links_and_submodules_are_no_change(
    ring: Path, git: Git, run: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    inner = tmp_path_factory.mktemp("inner")
    (inner / "c.py").write_text("import d\n")
    (inner / "d.py").write_text("import c\n")
    git("init", "-q", ".", folder=inner)
    git("add", ".", folder=inner)
    git("commit", "-qm", "inner", folder=inner)
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "sub")
    (ring / "link.py").symlink_to("shop/users.py")
    git("add", ".")
    git("commit", "-qm", "two")
    result = run("check", "--since", "HEAD")
    assert (result.status, closing(result.out).rpartition(": ")[2]) == (
        0,
        "0 cycles new, 0 gone, 2 unchanged",
    )


def test_since_beside_a_baseline(ring: Path, project: Write, run: Any) -> None:
    run("baseline")
    project({"shop/users.py": "NAME = 2\n"})
    result = run("check", "--since", "HEAD")
    assert result.status == 1
    assert "2 entries of" in result.out


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (RING, {"shop/__init__.py": "", "shop/orders.py": ""}),
        ({"a.py": "import b\n", "b.py": "from a import x\n"}, {"a.py": "x = 1\nimport b\n", "b.py": "from a import x\n"}),
        ({"p/__init__.py": "from p import a\n", "p/a.py": "import p\n"}, {"p.py": ""}),
        ({"p.py": "import q\n", "q.py": "import p\n"}, {"p/__init__.py": "", "q.py": "import p\n"}),
        ({"n/a.py": "import n.b\n", "n/b.py": "import n.a\n"}, {"n/a.py": "import n.b\n"}),
        ({"n/a.py": "import n.b\n"}, {"n/__init__.py": "from n.a import n\n", "n/a.py": "import n.b\n", "n/b.py": "import n.a\n"}),
    ],
)  # fmt: skip
def test_state_in_memory_is_that_of_a_fresh_start(
    tmp_path: Path, then: dict[str, str], now: dict[str, str]
) -> None:
    folder = tmp_path / "project"

    def write(files: Mapping[str, str]) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)

    def cold() -> Workspace:
        workspace = Workspace(folder)
        workspace.index()
        workspace.understand()
        workspace.settle()
        return workspace

    write(then)
    expected = cold().snapshot.findings
    write(now)
    workspace = cold()
    before = workspace.snapshot.findings
    texts: dict[Any, str | None] = dict.fromkeys(as_source_path(folder / name) for name in now)
    texts |= {
        as_source_path(folder / name): text for name, text in then.items() if name.endswith(".py")
    }
    with workspace.as_of(texts) as project:
        assert project.snapshot.findings == expected
    assert workspace.snapshot.findings == before


def test_repository_of_another_user_is_said(ring: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    # Our own calls drop variables of git, so the message is tried on what git says.
    done = subprocess.run(["git", "rev-parse"], cwd=ring, capture_output=True, check=False)
    assert b"dubious ownership" in done.stderr
    from import_cycles.workspace import git

    assert "safe.directory" in git._why_no_repository(ring, done.stderr.decode())
    with pytest.raises(GitError, match="needs a git repository"):
        Repository(Path("/"))
