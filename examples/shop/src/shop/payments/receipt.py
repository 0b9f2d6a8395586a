"""The customer's side."""

from shop.payments import CURRENCY, charge


def receipt_for(name: str, amount: int) -> str:
    return f"receipt for {name}: {charge(amount)}, all amounts in {CURRENCY}"
