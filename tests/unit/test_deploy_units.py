"""The systemd units and the page that explains them, read as systemd and a person would."""

from __future__ import annotations

import configparser
import re
import shlex
from pathlib import Path

import pytest

from plexsend.cli.becoming import command_line
from plexsend.cli.commands.archive import archive
from plexsend.cli.commands.serve import serve
from plexsend.gateway.environment import read_settings
from plexsend.gateway.http.exchange import Timeouts
from tests.deploy.composed import services

DEPLOY = Path(__file__).parents[2] / "deploy"
SYSTEMD = DEPLOY / "systemd"
CELERYS = ["plexsend-worker@.service", "plexsend-beat.service"]
UNITS = [*CELERYS, "plexsend-serve.service", "plexsend-archive.service"]
ONCE = "plexsend-archive-once.service"
# What a verdict may take after the request's deadline, as the leases of batches count it.
SETTLE_S = 5


class Repeated(dict[str, str]):
    """A section whose repeated names keep all their values, one a line."""

    def __setitem__(self, key: str, value: object) -> None:
        if isinstance(value, list) and key in self:
            # configparser sets each option as the list of its lines.
            value = [*super().__getitem__(key), *value]
        super().__setitem__(key, value)  # type: ignore[assignment] # configparser joins the lists later


def unit(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(
        strict=False, interpolation=None, delimiters=("=",), comment_prefixes=("#", ";"), dict_type=Repeated
    )
    parser.optionxform = str  # type: ignore[assignment,method-assign] # systemd's names have capitals
    parser.read_string((SYSTEMD / name).read_text(encoding="utf-8"))
    return parser


def service(name: str) -> configparser.SectionProxy:
    return unit(name)["Service"]


def test_worker_unit_runs_the_plain_command_with_a_name_of_its_own() -> None:
    command = shlex.split(service("plexsend-worker@.service")["ExecStart"])
    assert Path(command[0]).name == "plexsend"
    assert command[1] == "worker"
    # %% is one % for Celery, which puts the machine's name for %h.
    assert command[command.index("--hostname") + 1] == "%i@%%h"
    assert command[-1] == "$WORKER_OPTIONS"


def groups() -> dict[str, str]:
    """Return the name of each group of workers → the options of its file."""
    found = {}
    for path in sorted(SYSTEMD.glob("worker-*.env")):
        (line,) = [each for each in path.read_text("utf-8").splitlines() if not each.startswith("#")]
        name, _, options = line.partition("=")
        assert name == "WORKER_OPTIONS"
        found[path.stem] = options
    return found


def test_groups_of_workers_are_those_of_compose() -> None:
    theirs = {
        name: " ".join(each.command[2:])
        for name, each in services().items()
        if each.is_ours and each.command[1] == "worker"
    }
    assert groups() == theirs


def test_page_installs_the_groups_and_starts_each() -> None:
    assert "/deploy/systemd/worker-*.env /etc/plexsend/" in page()
    started = " ".join(f"plexsend-{group.replace('-', '@')}" for group in groups())
    assert f"systemctl enable --now {started}\n" in page()
    # A second one of a group goes by the same file.
    (link,) = re.findall(r"ln -s (worker-\w+\.env) /etc/plexsend/worker-mms-2\.env", page())
    assert SYSTEMD.joinpath(link).exists()
    assert "-/etc/plexsend/worker-%i.env" in service("plexsend-worker@.service")["EnvironmentFile"]


def test_page_installs_drop_ins_that_are_there_where_systemd_looks_for_them() -> None:
    lines = re.findall(r"^ *install -D -m 0644 (\S+) (\S+)$", page(), re.MULTILINE)
    assert {Path(source).name for source, _ in lines} == {path.name for path in SYSTEMD.glob("drop-ins/*")}
    for source, target in lines:
        assert Path(source).parent == Path("/opt/plexsend/deploy/systemd/drop-ins")
        assert target == f"/etc/systemd/system/plexsend-worker@.service.d/{Path(source).name}"


def test_shared_folder_is_mounted_before_it_is_written_to() -> None:
    drop_in = (SYSTEMD / "drop-ins/shared-campaigns.conf").read_text("utf-8")
    mounted = re.findall(r"^RequiresMountsFor=(.+)$", drop_in, re.MULTILINE)
    assert mounted == re.findall(r"^ReadWritePaths=(.+)$", drop_in, re.MULTILINE)
    assert len(mounted) == 1


@pytest.mark.parametrize("name", UNITS)
def test_log_file_of_the_page_is_in_a_folder_that_the_unit_makes(name: str) -> None:
    (file,) = re.findall(r"`--logfile (\S+)`", page())
    assert str(Path(file).parent) == f"/var/log/{service(name)['LogsDirectory']}"
    assert service(name)["LogsDirectoryMode"] == "0750"


def test_beat_unit_runs_the_plain_command_whose_schedule_is_in_memory() -> None:
    command = shlex.split(service("plexsend-beat.service")["ExecStart"])
    assert Path(command[0]).name == "plexsend"
    assert command[1:] == ["beat"]


def test_serve_unit_takes_the_parts_and_the_address_from_its_options() -> None:
    found = service("plexsend-serve.service")
    command = shlex.split(found["ExecStart"])
    assert (Path(command[0]).name, command[1:]) == ("plexsend", ["serve", "$SERVE_OPTIONS"])
    (given,) = shlex.split(found["Environment"])
    name, _, options = given.partition("=")
    assert name == "SERVE_OPTIONS"
    taken = serve.make_context("serve", shlex.split(options)).params
    # A proxy in front of it has the certificate; metrics are for inside.
    assert (taken["parts"], taken["host"]) == (("receipts", "metrics"), "127.0.0.1")


@pytest.mark.parametrize(("name", "follows"), [("plexsend-archive.service", True), (ONCE, False)])
def test_units_of_the_archive_write_into_one_folder(name: str, *, follows: bool) -> None:
    found = service(name)
    program, command, *words = shlex.split(found["ExecStart"])
    assert (Path(program).name, command) == ("plexsend", "archive")
    assert found["Environment"] == "ARCHIVE_OPTIONS="
    taken = archive.make_context("archive", [word for word in words if word != "$ARCHIVE_OPTIONS"]).params
    assert (str(taken["folder"]), taken["follow"]) == ("/var/lib/plexsend/archive", follows)
    assert f"/var/lib/{found['StateDirectory']}" == "/var/lib/plexsend"


def test_timer_starts_the_unit_of_its_name_and_makes_up_for_what_it_missed() -> None:
    timer = unit("plexsend-archive-once.timer")
    assert SYSTEMD.joinpath(ONCE).exists()
    assert (timer["Timer"]["Persistent"], timer["Install"]["WantedBy"]) == ("true", "timers.target")
    assert "Restart" not in service(ONCE)
    assert "`plexsend-archive-once.timer`" in page()
    assert "plexsend-*.timer /etc/systemd/system/" in page()


def test_what_runs_once_is_hardened_as_what_goes_on() -> None:
    own = {"ExecStart", "EnvironmentFile", "Environment", "Type"}
    goes_on = {key for key in service(UNITS[-1]) if "Restart" in key}
    once, other = service(ONCE), service(UNITS[-1])
    assert {key: value for key, value in once.items() if key not in own} == {
        key: value for key, value in other.items() if key not in own | goes_on
    }


@pytest.mark.parametrize("name", CELERYS)
def test_unit_leaves_out_what_the_command_adds_by_itself(name: str) -> None:
    given = shlex.split(service(name)["ExecStart"])
    line = command_line(given[1], [], [])
    assert line[line.index("--loglevel") + 1] == "INFO", "what journalctl shows would be warnings alone"
    assert not {"--loglevel", "-l", "-A", "--app", "--schedule", "-s"} & set(given)


@pytest.mark.parametrize("name", UNITS)
def test_page_names_the_command_that_the_unit_runs(name: str) -> None:
    command = shlex.split(service(name)["ExecStart"])[1]
    assert f"`plexsend {command}" in page()


@pytest.mark.parametrize("name", UNITS)
def test_stop_gives_a_request_the_time_to_end_and_be_settled(name: str) -> None:
    found = service(name)
    assert float(found["TimeoutStopSec"]) > max(Timeouts().deadline_s + SETTLE_S, 20)
    assert (found["KillSignal"], found["KillMode"]) == ("SIGTERM", "mixed")


@pytest.mark.parametrize("name", UNITS)
def test_unit_is_started_again_however_often_it_fails(name: str) -> None:
    assert service(name)["Restart"] == "always"
    assert unit(name)["Unit"]["StartLimitIntervalSec"] == "0"


@pytest.mark.parametrize("name", UNITS)
def test_unit_is_hardened_and_not_run_by_root(name: str) -> None:
    found = service(name)
    assert found["User"] == "plexsend"
    assert (found["NoNewPrivileges"], found["ProtectSystem"], found["PrivateTmp"]) == ("yes", "strict", "yes")
    assert not found["CapabilityBoundingSet"]
    assert "AF_INET" in found["RestrictAddressFamilies"].split()


@pytest.mark.parametrize("name", UNITS)
def test_unit_reads_the_settings_from_the_file_the_page_names(name: str) -> None:
    first, *others = service(name)["EnvironmentFile"].split("\n")
    assert first == "/etc/plexsend/plexsend.env"
    assert all(other.startswith("-") for other in others), "a file that need not be there starts with a -"
    assert first in page()


def test_page_restarts_only_units_that_run() -> None:
    assert "systemctl try-restart 'plexsend-worker@*' plexsend-beat plexsend-serve plexsend-archive" in page()
    assert "systemctl restart" not in page(), "it would start a beat that was never enabled"


def test_page_checks_with_the_settings_the_user_and_the_command_of_the_units() -> None:
    (line,) = re.findall(r"^ *systemd-run .+$", page(), re.MULTILINE)
    words = shlex.split(line)
    found = service("plexsend-worker@.service")
    assert f"--uid={found['User']}" in words
    assert f"EnvironmentFile={found['EnvironmentFile'].split()[0]}" in words
    assert words[-2:] == [shlex.split(found["ExecStart"])[0], "doctor"]


def test_page_installs_a_wheel_so_that_one_of_the_same_version_replaces_the_other() -> None:
    wheels = re.findall(r"`pip install ([^`]+\.whl)`", page())
    assert wheels
    assert all({"--force-reinstall", "--no-deps"} <= set(words.split()) for words in wheels)


def test_all_units_are_hardened_alike() -> None:
    own = {"ExecStart", "EnvironmentFile", "Environment"}
    first, *others = (
        {key: value for key, value in service(name).items() if key not in own} for name in UNITS
    )
    assert all(other == first for other in others)


def test_settings_shown_on_the_page_are_read_without_a_doubt(tmp_path: Path) -> None:
    (tmp_path / "main.secret").write_text("user;key\n")
    (tmp_path / "number.key").write_text("k" * 48 + "\n")
    shown = [block for block in re.findall(r"```ini\n(.*?)```", page(), re.DOTALL) if "PLEXSEND_" in block]
    assert shown
    for block in shown:
        lines = block.replace("/etc/plexsend", str(tmp_path)).split()
        settings = read_settings(dict(line.split("=", 1) for line in lines))
        assert (list(settings.accounts), settings.warnings) == (["main"], ())


def test_every_setting_named_in_this_folder_exists(tmp_path: Path) -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in DEPLOY.rglob("*.*"))
    names = set(re.findall(r"PLEXSEND_[A-Z_]+", text)) - {
        "PLEXSEND_ACCOUNT_MAIN_FILE",
        "PLEXSEND_NUMBER_KEY_FILE",
        "PLEXSEND_REDIS_URL_FILE",
        "PLEXSEND_RECEIPT_SECRET_MAIN_FILE",
    }
    assert "PLEXSEND_DURABLE" in names
    # A name that nobody knows is a warning; a value of 1 is right for all that stand here.
    given = {name: "redis://h" if name.endswith(("REDIS_URL", "BROKER_URL")) else "1" for name in names}
    authority = tmp_path / "ca.pem"
    authority.write_text("-----BEGIN CERTIFICATE-----", "ascii")
    own = {
        "PLEXSEND_NOTIFY_URL": "https://h",
        "PLEXSEND_PROXY_URL": "http://h",
        "PLEXSEND_CA_FILE": str(authority),
        "PLEXSEND_LOG": "json",
        "PLEXSEND_STATE_DIR": "/var/lib/plexsend",
        "PLEXSEND_CAMPAIGN_DIR": "/srv/campaigns",
        "PLEXSEND_RECEIPT_ALLOW": "192.0.2.7",
        "PLEXSEND_TRUSTED_PROXIES": "10.0.0.0/8",
    }
    found = read_settings({**given, **own})
    assert found.warnings == ()


def page() -> str:
    return (DEPLOY / "README.md").read_text(encoding="utf-8")
