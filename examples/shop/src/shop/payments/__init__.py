"""Getting paid. Everything that other packages need can be imported from here."""

CURRENCY = "EUR"

from shop.payments.gateway import charge  # noqa: E402
from shop.payments.receipt import receipt_for  # noqa: E402

__all__ = ["CURRENCY", "charge", "receipt_for"]
