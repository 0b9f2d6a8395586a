"""A box with an address. It needs `Route` for one annotation only: guarding the import is enough."""

from __future__ import annotations

from shop.shipping.route import Route


class Parcel:
    def __init__(self, address: str) -> None:
        self.address = address

    def send(self, by: Route) -> str:
        return by.carry(self)
