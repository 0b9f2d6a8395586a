"""The bank's side."""

from shop.payments import CURRENCY


def charge(amount: int) -> str:
    return f"charged {amount / 100:.2f} {CURRENCY}"
