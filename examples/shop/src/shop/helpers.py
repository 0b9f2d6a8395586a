"""Small helpers. Everybody imports this module, so it should import nobody; then came sales."""

from shop import campaigns


def format_money(cents: int) -> str:
    return f"{cents / 100:.2f} EUR"


def sale_price(cents: int) -> str:
    return format_money(campaigns.best_price(cents))
