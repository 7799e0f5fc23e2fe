"""deploy/compose.yaml says of plexsend what plexsend is."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from typing import TYPE_CHECKING

import click
import pytest
from celery.bin.base import CLIContext
from celery.bin.celery import celery

from plexsend.campaigns.feeds.feeding import SLICE_S
from plexsend.cli.app import app
from plexsend.gateway.environment import read_settings
from plexsend.gateway.services import REQUEST_DEADLINE_S, SERVICES
from plexsend.outbox.constants import LEASE_MS
from plexsend.worker.app import create_app
from plexsend.worker.campaign_queue import CAMPAIGNS
from plexsend.worker.slices import LONG_SLICE_S
from tests.deploy.composed import COMPOSE, SECRETS, Service, composed, secret_files, services
from tests.deploy.tools import DEPLOY, judged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

OURS = [service for service in services().values() if service.is_ours]
WORKERS = [service for service in OURS if service.command[1] == "worker"]
GO_ON = [service for service in services().values() if "profiles" not in service.facts]
LOGINS = {
    "worker": "worker",
    "beat": "beat",
    "receipts": "producer",
    "metrics": "metrics",
    "archive": "producer",
}
"""The first word of a command that says enough → the login of deploy/users.conf for it."""


def named(service: Service) -> str:
    """Return the name of a service, for pytest."""
    return service.name


each_of_ours = pytest.mark.parametrize("service", OURS, ids=named)
each_that_goes_on = pytest.mark.parametrize("service", GO_ON, ids=named)


def test_schema_of_compose_holds() -> None:
    assert judged("check-jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE) == (
        "ok -- validation done"
    )


def test_a_word_that_compose_does_not_know_is_found(tmp_path: Path) -> None:
    wrong = tmp_path / "compose.yaml"
    wrong.write_text(COMPOSE.read_text("utf-8").replace("    healthcheck:", "    healthchek:", 1), "utf-8")
    assert "healthchek" in judged("check-jsonschema", "--builtin-schema", "vendor.compose-spec", wrong)


def test_every_service_of_the_gateway_has_exactly_one_worker_service() -> None:
    served = Counter(queue for worker in WORKERS for queue in worker.queues if queue != CAMPAIGNS)
    assert served == Counter(list(SERVICES))


def test_campaigns_go_on_while_any_one_kind_of_worker_is_away() -> None:
    assert [worker.name for worker in WORKERS if CAMPAIGNS in worker.queues] == [
        worker.name for worker in WORKERS
    ]
    assert len(WORKERS) > 1


def test_a_worker_service_has_whole_products() -> None:
    of_product: dict[str, set[str]] = {}
    for worker in WORKERS:
        for queue in set(worker.queues) - {CAMPAIGNS}:
            of_product.setdefault(SERVICES[queue].product.name, set()).add(worker.name)
    assert all(len(names) == 1 for names in of_product.values()), of_product


def parse(words: Sequence[str]) -> click.Context:
    """Have click read a command line of plexsend, and Celery's click what the line hands on to Celery."""
    assert words[0] == "plexsend"
    command: click.Command | None = app
    rest = [*words[1:]]
    while isinstance(command, click.Group):
        name = rest.pop(0)
        command = command.get_command(click.Context(command), name)
    assert command is not None, f"there is no {name}"
    context = command.make_context(name, rest)
    if "options" in context.params:
        made = create_app(read_settings({}))
        theirs = list(context.params["options"])
        return celery.commands[name].make_context(
            name, theirs, obj=CLIContext(made, no_color=True, workdir=None)
        )
    return context


@each_of_ours
def test_its_command_is_one_of_ours_with_options_that_exist(service: Service) -> None:
    if service.command[1:] != ["--help"]:
        parse(service.command)


@pytest.mark.parametrize(
    "words",
    [
        ["plexsend", "work"],
        ["plexsend", "worker", "--concurency", "16"],
        ["plexsend", "serve", "metric"],
        ["plexsend", "health", "archive"],
        ["plexsend", "archive", "--folow", "folder"],
    ],
)
def test_a_slip_in_a_command_would_be_found(words: Sequence[str]) -> None:
    with pytest.raises((click.UsageError, AssertionError)):
        parse(words)


@each_that_goes_on
def test_it_has_a_health_check_and_ours_asks_for_what_runs(service: Service) -> None:
    check = service.facts["healthcheck"]
    kind, *words = check["test"]
    assert kind in {"CMD", "CMD-SHELL"}
    if service.is_ours:
        assert kind == "CMD"
        asked = parse(words).params
        runs = service.command[2 if service.command[1] == "serve" else 1]
        assert asked["what"] == {"archive": "outbox"}.get(runs, runs)


def seconds(text: str) -> float:
    """Read a duration of compose."""
    found = re.fullmatch(r"(\d+)s", text)
    assert found, text
    return float(found[1])


@each_that_goes_on
def test_it_may_end_what_is_under_way(service: Service) -> None:
    # A lease is a request and the time to write its verdict down. A drain gives up its slice at SIGTERM; even
    # one that did not would end in time.
    longest_s = max(LONG_SLICE_S + LEASE_MS / 1000, LONG_SLICE_S + REQUEST_DEADLINE_S, SLICE_S)
    assert seconds(service.facts["stop_grace_period"]) > longest_s


@pytest.mark.parametrize("service", services().values(), ids=named)
def test_it_is_shut_in_as_far_as_it_can_be(service: Service) -> None:
    facts = service.facts
    assert (facts["read_only"], facts["cap_drop"], facts["init"]) == (True, ["ALL"], True)
    assert facts["security_opt"] == ["no-new-privileges:true"]
    assert facts["restart"] == ("no" if "profiles" in facts else "unless-stopped")
    assert facts["logging"]["options"]["max-size"], "a log that grows fills the disk"
    assert not {"privileged", "cap_add", "network_mode", "pid", "devices"} & set(facts)


@pytest.mark.parametrize("service", services().values(), ids=named)
def test_its_image_is_pinned(service: Service) -> None:
    image = service.facts["image"]
    if service.is_ours:
        assert image == "${IMAGE:-plexsend:local}"
    else:
        assert re.fullmatch(r"docker\.io/[a-z]+/[a-z]+:v?\d+\.\d+\.\d+", image)


def test_ports_are_open_to_this_machine_alone_and_valkey_has_none() -> None:
    open_ports = {each.name: each.facts["ports"] for each in services().values() if "ports" in each.facts}
    assert set(open_ports) == {"receipts", "grafana"}
    assert all(port.startswith("127.0.0.1:") for ports in open_ports.values() for port in ports)
    assert composed()["networks"]["inside"] == {"internal": True}


def test_only_what_must_gets_out() -> None:
    assert all("inside" in each.facts["networks"] for each in services().values())
    goes_out = {each.name for each in services().values() if "outside" in each.facts["networks"]}
    others = {"receipts", "commands", "alertmanager", "grafana"}
    assert goes_out == {*map(named, WORKERS), *others}


@each_that_goes_on
def test_its_address_is_that_which_others_ask(service: Service) -> None:
    words = service.command
    if words[:2] == ["plexsend", "serve"]:
        asked = parse(words).params
        assert asked["host"] == "0.0.0.0"
        assert asked["port"] == {"receipts": 8080, "metrics": 8081}[service.name]


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of secrets, as the script makes it."""
    folder = tmp_path_factory.mktemp("made") / "secrets"
    line = ["sh", str(DEPLOY / "make-secrets.sh"), str(folder)]
    done = subprocess.run(line, input="user;key\n", capture_output=True, text=True, check=True, timeout=60)
    assert "user;key" not in done.stdout + done.stderr
    return folder


def test_every_secret_has_a_file_that_the_script_makes_and_is_used(secrets: Path) -> None:
    made = {path.name for path in secrets.iterdir()}
    assert set(secret_files().values()) <= made
    used = {source for service in services().values() for source in service.secrets.values()}
    assert used == set(secret_files())
    assert made - set(secret_files().values()) == {"redis-url-admin", "redis-url-reader"}, "for people"


@pytest.mark.parametrize("service", services().values(), ids=named)
def test_every_file_of_a_secret_that_it_is_told_of_is_there(service: Service) -> None:
    told = {value for value in [*service.environment.values(), *service.command] if SECRETS in value}
    for mounted in service.mounts.values():
        for path in DEPLOY.joinpath(mounted).rglob("*.yml") if mounted.startswith("./") else ():
            told.update(re.findall(rf"{SECRETS}[\w.-]+", path.read_text("utf-8")))
    assert {value.removeprefix(SECRETS) for value in told} == set(service.secrets)


@each_of_ours
def test_it_has_the_login_of_its_kind_and_settings_that_exist(service: Service, secrets: Path) -> None:
    files = secret_files()

    def here(value: str) -> str:
        name = value.removeprefix(SECRETS)
        return str(secrets / files[service.secrets[name]]) if name != value else value

    settings = read_settings({name: here(value) for name, value in service.environment.items()})
    assert settings.warnings == ()
    runs = service.command[2 if service.command[1] == "serve" else 1]
    login, password = settings.redis.login
    assert login == f"plexsend-{LOGINS.get(runs, 'producer')}"
    assert password
    assert bool(settings.accounts) == (service in WORKERS or service.name == "commands")
    assert bool(settings.receipt_secrets) == (service.name == "receipts")


@pytest.mark.parametrize("service", [*WORKERS, services()["commands"]], ids=named)
def test_recipients_of_campaigns_are_in_one_folder_that_all_share(service: Service) -> None:
    assert service.mounts[service.environment["PLEXSEND_CAMPAIGN_DIR"]] == "campaigns"


@pytest.mark.parametrize("service", WORKERS, ids=named)
def test_worker_remembers_how_far_redis_was_beyond_its_own_life(service: Service) -> None:
    assert service.mounts[service.environment["PLEXSEND_STATE_DIR"]] == "state"


def test_archive_writes_to_its_volume() -> None:
    archive = services()["archive"]
    assert archive.mounts[str(parse(archive.command).params["folder"])] == "archive"


def test_every_volume_is_named_and_used() -> None:
    sources = [source for service in services().values() for source in service.mounts.values()]
    assert {source for source in sources if not source.startswith(".")} == set(composed()["volumes"])


def test_every_file_that_is_mounted_is_there() -> None:
    sources = {source for service in services().values() for source in service.mounts.values()}
    files = {source for source in sources if source.startswith("./")}
    assert files
    assert not [source for source in files if not (DEPLOY / source).exists()]


def test_server_of_metrics_and_alertmanager_are_where_prometheus_asks() -> None:
    text = (DEPLOY / "prometheus" / "prometheus.yml").read_text("utf-8")
    asked = set(re.findall(r"targets: \[\"([a-z]+):(\d+)\"\]", text))
    metrics = services()["metrics"].command
    assert asked == {("metrics", metrics[metrics.index("--port") + 1]), ("alertmanager", "9093")}
