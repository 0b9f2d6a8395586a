"""Who reads an attribute of a module: directly, or because the module is handed on."""

from __future__ import annotations

import ast

import pytest

from import_cycles.source.module_reads import handling, may_read

ORDERS = {("shop", "orders"), ("o",)}


def reads(text: str) -> bool:
    return may_read(handling(text, ast.parse(text)), ORDERS, "User", text)


@pytest.mark.parametrize(
    "text",
    [
        "shop.orders.User()",
        "o.User",
        "def f():\n    return shop.orders.User.name",
        "getattr(shop.orders, 'User')",
        'patch.object(o, "User")',
        "m = shop.orders\nm.User",
        "m = shop\nm.orders.User",
        "f(o)\nx.User",
        "shop . orders\\\n. User",
    ],
)
def test_read(text: str) -> None:
    assert reads(text)


@pytest.mark.parametrize(
    "text",
    [
        "shop.users.User()",
        "shop.orders.Order\nx.User",
        "shop.orders.Users",
        "f(o)",
        "orders.User",
        "User = 1\nf(shop.orders)",
        "f('users', shop.orders.Order)",
        "x.shop.orders.User",
    ],
)
def test_not_read(text: str) -> None:
    assert not reads(text)
