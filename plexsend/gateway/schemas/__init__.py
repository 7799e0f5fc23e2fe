"""The rules for items of each product, as marshmallow schemas."""
