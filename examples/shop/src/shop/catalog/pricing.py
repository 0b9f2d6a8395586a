"""What things cost, in cents."""

from __future__ import annotations

from collections.abc import Mapping

from shop.catalog.product import Product


class PriceList:
    def __init__(self, prices: Mapping[Product, int]) -> None:
        self.prices = dict(prices)

    def price(self, product: Product) -> int:
        return self.prices[product]
