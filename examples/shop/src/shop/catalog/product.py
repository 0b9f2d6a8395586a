"""A thing to sell. Its one need for `pricing` is a type hint, and guarded: no cycle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shop.catalog.pricing import PriceList


@dataclass(frozen=True)
class Product:
    name: str

    def price_in(self, prices: PriceList) -> int:
        return prices.price(self)
