"""What was bought, and by whom."""

from __future__ import annotations

from shop.catalog.product import Product
from shop.models import customer
from shop.orm import Model


class Order(Model):
    def __init__(self, buyer: customer.Customer, lines: list[tuple[Product, int]]) -> None:
        super().__init__()
        if not isinstance(buyer, customer.Customer):
            raise TypeError("an order needs a customer")
        self.buyer = buyer
        self.lines = lines

    @property
    def total(self) -> int:
        return sum(price for _, price in self.lines)
