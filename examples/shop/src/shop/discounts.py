"""How much less a thing costs."""

from __future__ import annotations

from dataclasses import dataclass

import shop.helpers as helpers


@dataclass(frozen=True)
class Discount:
    percent: int

    def apply(self, cents: int) -> int:
        return cents * (100 - self.percent) // 100

    def describe(self, cents: int) -> str:
        return f"{self.percent}% off: {helpers.format_money(self.apply(cents))}"


def running() -> list[Discount]:
    return [Discount(5), Discount(10)]
