"""Objects: a set of known fields with a rule each, rules between them, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from marshmallow import RAISE, Schema, ValidationError

from plexsend.gateway.refusals import Refusal
from plexsend.gateway.schemas.fields import ItemField, draft_of, name_type, refuse
from plexsend.gateway.schemas.unknown_fields import ITSELF, refuse_unknown

if TYPE_CHECKING:
    from plexsend.gateway.schemas.draft import Draft
    from plexsend.gateway.schemas.relations import Relation


class ObjectSchema(Schema):
    """The rules for one kind of object, shared by all threads. Its fields go out in their order here."""

    aliases: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Another name that is accepted → the field that it means, under whose name it goes out."""

    relations: ClassVar[tuple[Relation, ...]] = ()

    class Meta:
        """Options that marshmallow reads from here."""

        unknown = RAISE
        register = False

    def judge(self, draft: Draft) -> dict[str, Any]:
        """Return the values as they are sent.

        Raises ValidationError with every refusal by its field: known ones in the order of the schema first.
        """
        for alias, name in self.aliases.items():
            if alias in draft and name not in draft:
                draft[name] = draft.pop(alias)
        errors: dict[Any, Any] = {}
        values: dict[str, Any]
        try:
            values = self.load(draft)
        except ValidationError as exc:
            errors = dict(exc.messages_dict)
            values = dict(exc.valid_data or {})
        related = [found for relation in self.relations for found in relation.judge(values, errors)]
        if not errors and not related:
            return values
        errors.update((name, [refusal]) for name, refusal in related if name != ITSELF)
        told = self._in_order(errors, draft.beside)
        for name, refusal in related:
            if name == ITSELF:
                told.setdefault(ITSELF, []).append(refusal)
        if told:
            raise ValidationError(told)
        return values

    def rules(self) -> dict[str, Any]:
        """Return every field's rule as data, by its name."""
        return {
            name: dict(field.rule()) for name, field in self.fields.items() if isinstance(field, ItemField)
        }

    def rules_between(self) -> dict[str, Any]:
        """Return as data what is declared beyond single fields; empty where nothing is."""
        declared = {
            "aliases": dict(self.aliases),
            "relations": [dict(relation.rule()) for relation in self.relations],
        }
        return {name: rules for name, rules in declared.items() if rules}

    def _in_order(self, errors: Mapping[Any, Any], beside: tuple[str, ...]) -> dict[str, Any]:
        """Return errors by field: known fields in the order of the schema, then names that are unknown."""
        found = {name: errors[name] for name in self.fields if name in errors}
        known = (*self.fields, *beside)
        for name, refusal in refuse_unknown(errors.keys() - self.fields.keys(), known):
            found.setdefault(name, []).append(refusal)
        return found


def object_schema(fields: Mapping[str, ItemField], relations: tuple[Relation, ...] = ()) -> ObjectSchema:
    """Return the rules for objects with these fields: for names that no attribute of a class should have."""
    kind = type("ObjectOfFields", (ObjectSchema,), {**fields, "relations": relations})
    schema = kind()
    assert isinstance(schema, ObjectSchema)  # noqa: S101 - what `type` returns has no type of its own
    return schema


class Object(ItemField):
    """An object in an item.

    Args:
        schema: What it is.
        hint: What to give, as a sentence; empty: its fields are named.
        required: Whether an object without it is refused.
    """

    def __init__(self, schema: ObjectSchema, *, hint: str = "", required: bool = False) -> None:
        named = f"Give an object with {', '.join(schema.fields)}."
        super().__init__(hint=hint or named, required=required)
        self.schema = schema

    def limits(self) -> Mapping[str, Any]:
        """Return the rules of the object."""
        return {"fields": self.schema.rules(), **self.schema.rules_between()}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        return judge_object(self.schema, value, attr or "", data, self.hint)


class Entries(ItemField):
    """An array of objects of one kind.

    Args:
        schema: What each of them is.
        hint: What to give, as a sentence.
        least: The fewest there may be.
        most: The most there may be.
    """

    def __init__(self, schema: ObjectSchema, *, hint: str, least: int, most: int) -> None:
        super().__init__(hint=hint)
        self.schema = schema
        self.least = least
        self.most = most

    def limits(self) -> Mapping[str, Any]:
        """Return the number of entries and the rules of each."""
        rules = {"fields": self.schema.rules(), **self.schema.rules_between()}
        return {"least": self.least, "most": self.most, "entry": rules}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> list[Any]:
        if not isinstance(value, (list, tuple)):
            raise refuse(Refusal(f"is {name_type(value)}, not an array", self.hint))
        if not self.least <= len(value) <= self.most:
            raise refuse(Refusal(f"holds {len(value)} entries", self.hint))
        judged: list[Any] = []
        refused: dict[int, Any] = {}
        for place, entry in enumerate(value):
            try:
                judged.append(judge_object(self.schema, entry, f"{attr}.{place}", data, self.hint))
            except ValidationError as exc:
                refused[place] = exc.messages
        if refused:
            raise ValidationError(refused)
        return judged


def judge_object(schema: ObjectSchema, value: Any, name: str, within: Any, hint: str) -> dict[str, Any]:
    """Return an object as it is sent, or raise ValidationError with all that is wrong with it.

    Args:
        schema: Its rules.
        value: What was given.
        name: Its name in the object `within`.
        within: The draft around it.
        hint: What to give, as a sentence.
    """
    if not isinstance(value, Mapping):
        raise refuse(Refusal(f"is {name_type(value)}, not an object", hint))
    return schema.judge(draft_of(within).inner(value, name))
