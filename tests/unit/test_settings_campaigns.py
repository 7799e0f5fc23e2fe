"""Where campaigns keep their recipients: what a setting says, else below the user's own data."""

from __future__ import annotations

from pathlib import Path

import pytest

from plexsend.errors import SettingsError
from plexsend.gateway.environment import read_settings


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        ({"PLEXSEND_CAMPAIGN_DIR": "/srv/campaigns", "HOME": "/home/kim"}, "/srv/campaigns"),
        ({"XDG_DATA_HOME": "/data", "HOME": "/home/kim"}, "/data/plexsend/campaigns"),
        ({"HOME": "/home/kim"}, "/home/kim/.local/share/plexsend/campaigns"),
        ({"XDG_DATA_HOME": "relative", "HOME": "/home/kim"}, "/home/kim/.local/share/plexsend/campaigns"),
        ({}, "/var/lib/plexsend/campaigns"),
    ],
)
def test_folder_of_campaigns(environ: dict[str, str], path: str) -> None:
    assert read_settings(environ).campaign_dir == Path(path)


def test_relative_folder_could_be_any() -> None:
    with pytest.raises(SettingsError, match="PLEXSEND_CAMPAIGN_DIR: is not the whole path of a folder"):
        read_settings({"PLEXSEND_CAMPAIGN_DIR": "campaigns"})
