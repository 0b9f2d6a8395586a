"""The way a parcel goes."""

from __future__ import annotations

from shop.shipping import parcel


class Route:
    def __init__(self, *stops: str) -> None:
        self.stops = stops

    def carry(self, load: parcel.Parcel) -> str:
        if not isinstance(load, parcel.Parcel):
            raise TypeError("only parcels are carried")
        return f"sent to {load.address} via {', '.join(self.stops)}"
