"""Refer to a class by a text, where a framework looks it up.

What it does: writes a text where a framework takes one, and removes the import. Functions that use
the class import it themselves; annotations that need its name get the import under `TYPE_CHECKING`.

- A field of a Django model takes `"shop.Order"` as well as the class `Order`.
  Functions that use it may get it from the registry: `apps.get_model("shop", "Order")`.
- A `relationship` of SQLAlchemy takes `"Order"`, a table as `secondary="order_items"`, and
  expressions such as `order_by="Order.created"`; its annotation becomes `Mapped["Order"]`.
- A field of a strawberry type becomes `Annotated["Order", strawberry.lazy("shop.orders")]`.
- A field of a pydantic model becomes `"Order"`, and the module that defines `Order` calls
  `model_rebuild()` at its end, where both are defined.

When it is offered: when every use of the names is one where the framework takes a text, or is in
an annotation, or in a function that is not known to run while modules load. Not where the class
itself is needed: as a base class, for `sender=Order`, in `limit_choices_to` and the like. For
Django, the model must be of an app whose label is clear (`Meta.app_label`, the `AppConfig` in
`apps.py`, else a folder that the settings name or that has migrations), neither abstract nor
swappable, and Django must load its module with the models of the app; not in migrations. For
SQLAlchemy, both classes must have the same declarative base, and no other class the same name. For
pydantic, the other module must import the model, and nothing may need the finished model while
modules load. It is always marked unsafe, because a text is looked up later than an import: what
asks for the class before fails.

Example:

```
--- shop/__init__.py
--- shop/base.py
from sqlalchemy.orm import DeclarativeBase

class Base(DeclarativeBase): ...
--- shop/users.py
from sqlalchemy import Column, Integer
from sqlalchemy.orm import relationship
from shop.base import Base
from shop.orders import Order
#                       ^^^^^ error[cycle-crash]

class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    orders = relationship(Order, back_populates="buyer")
--- shop/orders.py
from sqlalchemy import Column, ForeignKey, Integer
from sqlalchemy.orm import relationship
from shop.base import Base
from shop.users import User
#                      ^^^^ error[cycle-crash]

class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    buyer_id = Column(ForeignKey("users.id"))
    buyer = relationship(User, back_populates="orders")
=== fix string-reference at shop/users.py "Refer to `Order` as "Order"" unsafe
--- shop/users.py
from sqlalchemy import Column, Integer
from sqlalchemy.orm import relationship
from shop.base import Base

class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    orders = relationship("Order", back_populates="buyer")
```
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from import_cycles.base.edits import TextEdit
from import_cycles.base.names import SourcePath
from import_cycles.base.record import record, replace
from import_cycles.findings.rule import CYCLE_SUBJECTS
from import_cycles.proposals.app_registry import registry_uses
from import_cycles.proposals.django_models import field_reference
from import_cycles.proposals.fix import FixContext, FixKind, Proposal, Refusal, Safety
from import_cycles.proposals.function_imports import (
    FunctionUses,
    cost_of,
    function_edits,
    function_uses,
    functions_told,
)
from import_cycles.proposals.lazy_types import lazy_reference
from import_cycles.proposals.mapped_classes import mapped_reference
from import_cycles.proposals.moved_names import (
    MovedNames,
    TypingEdits,
    in_prose,
    moved_names,
    patched_caution,
    typing_edits,
)
from import_cycles.proposals.origins import Origins
from import_cycles.proposals.rebuilt_models import rebuilt_reference
from import_cycles.proposals.text_references import Place, Reference, Surroundings
from import_cycles.source.insertion import NotPossible

CODE = "string-reference"

_REFERENCES: Final[Sequence[Callable[[Place], Reference | Refusal | None]]] = (
    field_reference,
    mapped_reference,
    lazy_reference,
    rebuilt_reference,
)
"""What the frameworks answer about a read."""


_NO_PLACE: Final = Refusal("no framework finds it by a text where it is used", applies=False)


def propose(context: FixContext) -> Iterable[Proposal | Refusal]:
    """All names of the hop are referred to by texts, imported in functions, or for type checkers."""
    found = moved_names(context)
    if isinstance(found, Refusal):
        yield replace(found, applies=False)
        return
    references: list[Reference] = []
    for each in _references(context, found):
        if isinstance(each, Refusal):
            yield each
            return
        references.append(each)
    uses = found.text.uses
    placed = function_uses(context, found, [read for each in references for read in each.reads])
    if isinstance(placed, Refusal):
        yield replace(placed, applies=bool(references))
        return
    if placed.users and "sys.path" in found.text.file.text:
        yield Refusal("this file changes `sys.path`, and may find other modules later")
        return
    placed = _with_guarded(found, placed, references)
    lazy = typing_edits(context, uses, placed.typing)
    if isinstance(lazy, Refusal):
        yield replace(lazy, applies=bool(references))
        return
    change = _Change(context, found, references, placed, lazy)
    if references:
        yield change.with_imports()
    registered = change.with_registry() if placed.users else _NO_PLACE
    if not references or isinstance(registered, Proposal):
        yield registered


def _references(context: FixContext, found: MovedNames) -> Iterator[Reference | Refusal]:
    uses = found.text.uses
    origins = Origins(context.summary, context.resolve)
    surroundings = Surroundings(uses)
    for name in found.names:
        for read in name.reads:
            place = Place(context, uses, origins, surroundings, read)
            answers = (answer(place) for answer in _REFERENCES)
            answer = next((each for each in answers if each is not None), None)
            if answer is not None:
                yield answer


@record
class _Change:
    """All that leaves the names of a hop in their places without the import at the top."""

    context: FixContext
    found: MovedNames
    references: Sequence[Reference]
    placed: FunctionUses
    lazy: TypingEdits

    def with_imports(self) -> Proposal | Refusal:
        """Functions that need the names import them."""
        placed, uses = self.placed, self.found.text.uses
        try:
            edits = function_edits(uses.file, self.found, placed, self._edits())
        except NotPossible as error:
            return Refusal(error.reason)
        imported = dict.fromkeys(each.name for names in placed.users.values() for each in names)
        also = f", and import {in_prose(imported)} in {functions_told(uses, placed)}"
        title = f"{_title(self.references)}{also if imported else ''}"
        return self._proposal(title, edits, cost=cost_of(uses, placed.users))

    def with_registry(self) -> Proposal | Refusal:
        """Functions that need models ask Django's registry for them."""
        placed, file = self.placed, self.found.text.file
        try:
            asked = registry_uses(self.context, file, placed)
            if isinstance(asked, Refusal):
                return replace(asked, applies=False)
            rest = replace(placed, users={})
            edits = function_edits(file, self.found, rest, (*self._edits(), *asked.edits))
        except NotPossible as error:
            return Refusal(error.reason)
        told = f"et {in_prose(asked.names)} from the app registry in"
        told = f"{told} {functions_told(self.found.text.uses, placed)}"
        title = f"{_title(self.references)}, and g{told}" if self.references else f"G{told}"
        caution = (
            f"Django has {in_prose(asked.names)} once all models are loaded, and type checkers do not"
            " know which model that is"
        )
        return self._proposal(title, edits, caution)

    def _edits(self) -> tuple[TextEdit, ...]:
        written = dict.fromkeys(edit for each in self.references for edit in each.edits)
        return (*self.lazy.edits, *written)

    def _proposal(
        self, title: str, edits: tuple[TextEdit, ...], caution: str = "", cost: str = ""
    ) -> Proposal:
        cautions = (
            *(each.caution for each in self.references),
            caution,
            patched_caution(self.context, self.found.names),
            self.placed.caution,
            self.lazy.caution,
        )
        return Proposal(
            title,
            {
                self.context.path_of(self.context.hop.importer): edits,
                **_elsewhere(self.references),
            },
            Safety.UNSAFE,
            "; ".join(filter(None, dict.fromkeys(cautions))),
            cost=cost,
        )


def _with_guarded(
    found: MovedNames, placed: FunctionUses, references: Iterable[Reference]
) -> FunctionUses:
    """With the names that type checkers look up in the file because of a reference."""
    seen = {id(read) for each in references if each.is_seen_by_type_checkers for read in each.reads}
    names = [
        name
        for name in found.names
        if name in placed.guarded or any(id(read) in seen for read in name.reads)
    ]
    return replace(placed, guarded=tuple(names))


def _elsewhere(references: Iterable[Reference]) -> dict[SourcePath, tuple[TextEdit, ...]]:
    edits: dict[SourcePath, dict[TextEdit, None]] = {}
    for each in references:
        for path, own in each.elsewhere.items():
            edits.setdefault(path, {}).update(dict.fromkeys(own))
    return {path: tuple(own) for path, own in edits.items()}


def _title(references: Sequence[Reference]) -> str:
    names = dict.fromkeys(each.name for each in references)
    texts = list(dict.fromkeys(each.told for each in references))
    told = f"as {' and '.join(texts)}" if len(texts) <= _MOST_TEXTS else "by texts"
    return f"Refer to {in_prose(names)} {told}"


_MOST_TEXTS: Final = 2
"""That a title shows."""


FIX = FixKind(CODE, __doc__ or "", CYCLE_SUBJECTS, propose, rank=38, names_by_text=True)
