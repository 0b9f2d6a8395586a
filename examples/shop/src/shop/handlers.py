"""What happens when an order is paid. Cannot be imported before `shop.signals`."""

from shop.models.order import Order
from shop.payments import receipt_for
from shop.shipping.parcel import Parcel
from shop.shipping.route import Route
from shop.signals import listen


def give_receipt(order: Order) -> str:
    return receipt_for(order.buyer.name, order.total)


def ship(order: Order) -> str:
    return Parcel(f"{order.buyer.name}'s house").send(by=Route("Delft", "Ghent"))


def thank(order: Order) -> str:
    return f"thank you, {order.buyer.name}"


listen("order-paid", thank)
