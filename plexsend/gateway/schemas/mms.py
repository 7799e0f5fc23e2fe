"""The rules for MMS, from the MMS page of the API PLEX developer guide."""

from __future__ import annotations

from typing import ClassVar

from plexsend.gateway.schemas.fields import ImageUrls
from plexsend.gateway.schemas.lms import LmsSchema


class MmsSchema(LmsSchema):
    """One MMS: an LMS with images, which go on the wire last."""

    version: ClassVar[int] = 1

    file_path = ImageUrls(most=3, hint='Give an array of 1 to 3 image URLs: ["https://…"].')
