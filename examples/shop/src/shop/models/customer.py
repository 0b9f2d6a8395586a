"""People who buy. A customer knows the orders, and an order knows its customer."""

from __future__ import annotations

from collections.abc import Sequence

from shop.catalog.pricing import PriceList
from shop.catalog.product import Product
from shop.models import order
from shop.orm import Model


class Customer(Model):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def place_order(self, products: Sequence[Product], prices: PriceList) -> order.Order:
        return order.Order(self, [(product, prices.price(product)) for product in products])
