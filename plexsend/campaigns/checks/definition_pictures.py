"""The pictures that a definition names: judged once, and not for each of a million rows."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plexsend.errors import Problem
from plexsend.gateway.pictures.failures import PictureRefused
from plexsend.gateway.services import get_service
from plexsend.outbox.pictures import PictureTooLate, picture_of
from plexsend.producers.pictures.reading import read_picture
from plexsend.producers.pictures.sources import JudgedPictures
from plexsend.producers.placing import stand_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.campaigns.definitions.defined import Definition

_IMAGES = "images"


def judge_pictures(
    definition: Definition, now_ms: int, folder: Path | None = None
) -> tuple[Definition, list[Problem]]:
    """Return a definition with what stands for the pictures that are files, and what is wrong with them.

    `folder`: below which they are; None: they have whole paths.

    Raises MissingExtra where nobody can look at a picture here.
    """
    source = JudgedPictures(lambda: now_ms)
    problems: list[Problem] = []
    judged = partial(_judged, source, problems, folder or Path())
    product = get_service(definition.service).product
    if product.picture is None:
        # Its messages show none: the rules say so for each row that has one.
        return definition, []
    images = judged(product=product.name, field=_IMAGES, images=definition.images)
    fallback: dict[str, Any] | None = None
    if definition.fallback is not None:
        fallback = dict(definition.fallback)
        if fallback.get(_IMAGES):
            written = tuple(map(str, fallback[_IMAGES]))
            fallback[_IMAGES] = judged(product="mms", field=f"fallback.{_IMAGES}", images=written)
    return replace(definition, images=images, fallback=fallback), problems


def is_file(image: str) -> bool:
    """Return whether an image of a definition is a file, and not an address."""
    return "://" not in image


def _judged(
    source: JudgedPictures,
    problems: list[Problem],
    folder: Path,
    *,
    product: str,
    field: str,
    images: Sequence[str],
) -> tuple[str, ...]:
    found = []
    for place, image in enumerate(images):
        if is_file(image):
            try:
                content = read_picture(folder / image)
                brought = source.bring(product, content, 0)
                assert not isinstance(brought, PictureTooLate)  # noqa: S101  it is needed now
            except PictureRefused as refused:
                at = f"{field}.{place}"
                problems += (Problem(at, each.reason, each.remedy) for each in refused.problems)
                found.append(stand_in(f"{product}:none"))
                continue
            image = stand_in(picture_of(product, content))  # noqa: PLW2901  what stands for it
        found.append(image)
    return tuple(found)
