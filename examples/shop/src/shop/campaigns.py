"""Sales and special offers."""

from shop import discounts


def best_price(cents: int) -> int:
    return min(discount.apply(cents) for discount in discounts.running())
