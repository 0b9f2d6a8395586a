"""Sell a few things: `python -m shop`."""

from shop import signals
from shop.catalog.pricing import PriceList
from shop.catalog.product import Product
from shop.helpers import format_money
from shop.models.customer import Customer


def main() -> int:
    prices = PriceList({Product("apple"): 45, Product("quince"): 120})
    customer = Customer("Ada")
    order = customer.place_order([Product("apple"), Product("quince")], prices)
    print(f"{customer.name} ordered {len(order.lines)} things for {format_money(order.total)}")
    for line in signals.emit("order-paid", order):
        print(line)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
