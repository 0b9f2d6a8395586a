"""`import-cycles mcp`: the tools of coding agents, as a client of the protocol sees them."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest

from import_cycles.agents.tools import Tools

mcp = pytest.importorskip("mcp")

Write = Callable[[Mapping[str, str]], Path]

SHOP = {
    "pyproject.toml": "[tool.import-cycles]\n",
    "shop/__init__.py": "",
    "shop/orders.py": "from shop.users import NAME\n\nLIMIT = 1\n\n\ndef f():\n    return NAME\n",
    "shop/users.py": "from shop.orders import LIMIT\n\nNAME = 2\n\n\ndef g():\n    return LIMIT\n",
    "shop/tax.py": "import shop.orders\n",
    "shop/base.py": "",
}


def ask(folder: Path, *calls: tuple[str, dict[str, Any]]) -> tuple[list[str], list[str]]:
    """The tools that a server has, and the answers to calls."""

    async def session() -> tuple[list[str], list[str]]:
        parameters = mcp.StdioServerParameters(
            command=sys.executable, args=["-m", "import_cycles", "mcp", str(folder)]
        )
        async with (
            mcp.stdio_client(parameters) as (read, write),
            mcp.ClientSession(read, write) as client,
        ):
            await client.initialize()
            tools = await client.list_tools()
            answers = []
            for name, arguments in calls:
                answer = await client.call_tool(name, arguments)
                answers.append("".join(each.text for each in answer.content))
            return [tool.name for tool in tools.tools], answers

    return anyio.run(session)


def test_client_sees_the_tools_and_gets_answers(project: Write) -> None:
    folder = project(SHOP)
    tools, answers = ask(
        folder,
        ("what_crashes", {}),
        ("would_close", {"importer": "shop.base", "imported": "shop.tax"}),
    )
    assert tools == ["what_crashes", "explain", "plan", "fix_diff", "would_close"]
    assert "error[cycle-crash]" in answers[0]
    assert answers[1] == "`import shop.tax` in shop.base closes no import cycle.\n"


@pytest.fixture
def tools(project: Write) -> Tools:
    return Tools(project(SHOP))


def test_a_server_that_goes_on_can_collect_what_an_answer_made(tools: Tools) -> None:
    tools.would_close("shop.base", "shop.tax")
    assert not gc.get_freeze_count()
    tools.what_crashes()
    assert not gc.get_freeze_count()


def test_every_tool_tells_agents_what_it_is_for(tools: Tools) -> None:
    for name in ("what_crashes", "explain", "plan", "fix_diff", "would_close"):
        assert len(getattr(tools, name).__doc__) > 100


def test_explain_takes_modules_places_and_tracebacks(tools: Tools) -> None:
    assert "cycle-crash" in tools.explain("shop.orders")
    assert "cycle-crash" in tools.explain("shop/orders.py:1")
    traceback = (
        "Traceback (most recent call last):\n"
        '  File "/x/shop/users.py", line 1, in <module>\n'
        "    from shop.orders import LIMIT\n"
        '  File "/x/shop/orders.py", line 1, in <module>\n'
        "    from shop.users import NAME\n"
        "ImportError: cannot import name 'NAME' from partially initialized module 'shop.users'"
        " (most likely due to a circular import) (/x/shop/users.py)\n"
    )
    assert "circular import: shop.users → shop.orders → shop.users" in tools.explain(traceback)
    assert "there is no module or file nix" in tools.explain("nix")


def test_plan_and_diff_change_nothing(tools: Tools) -> None:
    before = {path: path.read_bytes() for path in Path().rglob("*.py")}
    assert "[defer-into-function]" in tools.plan()
    diff = tools.fix_diff()
    assert diff.startswith("--- a/shop/")
    assert {path: path.read_bytes() for path in Path().rglob("*.py")} == before


def test_would_close_says_what_to_do_instead(tools: Tools) -> None:
    told = tools.would_close("shop.base", "shop.tax")
    assert "closes no import cycle" in told
    Path("shop/users.py").write_text("import shop.base\n\nNAME = 2\n")
    told = tools.would_close("shop/base.py", "shop.orders", ["LIMIT"])
    assert told.startswith(
        "`from shop.orders import LIMIT` in shop.base would close an import cycle"
    )
    assert "import it inside the function that uses it" in told
    assert "nix is no module of the project" in tools.would_close("nix", "shop.tax")
    assert "os is no module of the project" in tools.would_close("shop.tax", "os")


def test_paths_outside_of_the_folder_are_refused(tools: Tools) -> None:
    for path in ("..", "/", "shop/../.."):
        for answer in (
            tools.what_crashes(path),
            tools.plan(path),
            tools.fix_diff(path),
            tools.would_close("shop.tax", "shop.base", path=path),
        ):
            assert "is outside of" in answer


def test_options_in_subjects_are_no_options(tools: Tools) -> None:
    assert "there is no module or file --help" in tools.explain("--help")


def test_missing_sdk_and_folder_are_said(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "there is no such folder" in run("mcp", "/no/such").err
    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver", None)
    told = run("mcp")
    assert told.status == 2
    assert "pip install 'import-cycles[mcp]'" in told.err
