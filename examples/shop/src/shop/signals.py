"""Tell whoever wants to know that something happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from shop.models.order import Order

Listener = Callable[[Order], str]
LISTENERS: dict[str, list[Listener]] = {}


def listen(event: str, listener: Listener) -> None:
    LISTENERS.setdefault(event, []).append(listener)


def emit(event: str, order: Order) -> Iterator[str]:
    for listener in LISTENERS.get(event, []):
        yield listener(order)


from shop.handlers import give_receipt, ship  # noqa: E402

listen("order-paid", give_receipt)
listen("order-paid", ship)
