"""Reading: from the environment to `Settings`, or to one error that lists everything that is wrong."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import fields
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

from plexsend.errors import Problem, SettingsError
from plexsend.settings.accounts import (
    account_from_file,
    account_from_value,
    account_name,
    read_secret_file,
)
from plexsend.settings.campaign_folders import usual_campaign_dir
from plexsend.settings.gateway_urls import base_url
from plexsend.settings.model import AGREED, EVERY_SERVICE, VARIABLES, Policy, Settings
from plexsend.settings.receipt_secrets import secrets_from_file, secrets_from_value
from plexsend.settings.redis_urls import RedisAddress
from plexsend.settings.service_links import without_service_links
from plexsend.settings.values import refusal, unquoted
from plexsend.settings.variables import FILE_SUFFIX, PREFIX, Variable, environment_word, rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

T = TypeVar("T")

OfAccount: TypeAlias = Callable[[str, str, str], T]
"""Makes of an account's name, a variable and its text what the variable gives."""

_ACCOUNT_PREFIX = f"{PREFIX}ACCOUNT_"
_RECEIPTS_PREFIX = f"{PREFIX}RECEIPT_SECRET_"

# How alike an unknown name and a known one must be (0 to 1, both without the prefix that they share) for the
# first to be taken for a slip. A missing letter or a swapped word is above, a name of another kind below.
_ALIKE = 0.55
_ALL_BUT_THE_SAME = 0.9


def read(
    *,
    services: Mapping[str, str],
    default_urls: Mapping[str, str],
    words: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Read all settings; raises `SettingsError` that lists every wrong value at once.

    Args:
        services: service id to the name of its product.
        default_urls: product to scheme and host, used where no `PLEXSEND_<PRODUCT>_URL` is set.
        words: product to its word in the name of that variable; its own name where it is missing.
        environ: the variables; None is this process's own environment.
    """
    reader = _Reader(os.environ if environ is None else environ)
    # Values that are not read as their rows say. Problems are listed in the order of the fields.
    own: dict[str, Callable[[], Any]] = {
        "broker": lambda: reader.optional(rows(Settings)["broker"]) or found["redis"],
        "number_key": lambda: reader.optional(rows(Settings)["number_key"]),
        "notify": lambda: reader.optional(rows(Settings)["notify"]),
        "state_dir": lambda: reader.optional(rows(Settings)["state_dir"]),
        "campaign_dir": lambda: (
            reader.optional(rows(Settings)["campaign_dir"])
            or usual_campaign_dir(os.environ if environ is None else environ)
        ),
        "proxy": lambda: reader.optional(rows(Settings)["proxy"]),
        "ca_file": lambda: reader.optional(rows(Settings)["ca_file"]),
        "accounts": lambda: MappingProxyType(
            reader.named(_ACCOUNT_PREFIX, services, account_from_value, account_from_file)
        ),
        "receipt_secrets": lambda: MappingProxyType(
            reader.named(_RECEIPTS_PREFIX, services, secrets_from_value, secrets_from_file)
        ),
        "receipt_allow": lambda: reader.optional(rows(Settings)["receipt_allow"]),
        "trusted_proxies": lambda: reader.optional(rows(Settings)["trusted_proxies"]),
        "base_urls": lambda: MappingProxyType(
            {
                product: reader.base_url(product, (words or {}).get(product, product)) or default
                for product, default in default_urls.items()
            }
        ),
        "usual": lambda: reader.policy(None),
        "services": lambda: MappingProxyType(
            {service: reader.policy(service, product) for service, product in services.items()}
        ),
        "asks": lambda: MappingProxyType(reader.asks(services)),
        "warnings": lambda: (*_unverified(found), *reader.unknown()),
    }
    found: dict[str, Any] = {}
    for field in fields(Settings):
        read_own = own.get(field.name)
        found[field.name] = read_own() if read_own else reader.value(rows(Settings)[field.name])
    settings = Settings(**found)
    if reader.problems:
        raise SettingsError(list(reader.problems))
    return settings


class _Reader:
    """Looks variables up, keeps every problem, and remembers which names anybody asked for."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        # Names in small letters are kept, only to say that nobody reads them.
        self._environ = {
            name: text
            for name, text in without_service_links(environ).items()
            if name.upper().startswith(PREFIX)
        }
        self._known: set[str] = set()
        self._failed: set[str] = set()
        self._meant: dict[str, str] = {}
        # A dict for its order: a plain value that is wrong is met once for every service.
        self.problems: dict[Problem, None] = {}

    def value(self, variable: Variable[T], service: str | None = None, product: str | None = None) -> T:
        """Return the variable's value; after a problem its default, since the problem stops everything."""
        found = self.optional(variable, service)
        return variable.parse_default(product) if found is None else found

    def optional(self, variable: Variable[T], service: str | None = None) -> T | None:
        """Return the variable's value; None when it is not set, or is wrong."""
        source = self._source(variable, service)
        return self._attempt(source, partial(self._parse, variable, source))

    def policy(self, service: str | None, product: str | None = None) -> Policy:
        """Return the policy of a service: its own values before the usual ones; None: only the usual ones.

        `product`: the service's.
        """
        variables = rows(Policy)
        found = {name: self.value(variable, service, product) for name, variable in variables.items()}
        for name, first in variables.items():
            if first.up_to and found[name] > found[first.up_to]:
                sources = self._source(first, service), self._source(variables[first.up_to], service)
                self._refuse_order(*sources, found[name], found[first.up_to])
        return Policy(**found)

    def asks(self, services: Iterable[str]) -> dict[str, Mapping[str, str]]:
        """Return what is set explicitly of that on which the fleet must agree."""
        of_all = {**rows(Policy), **{name: rows(Settings)[name] for name in AGREED}}
        found: dict[str, dict[str, str]] = {EVERY_SERVICE: {}, **{service: {} for service in services}}
        for name, variable in of_all.items():
            for service in services if variable.per_service else (EVERY_SERVICE,):
                source = self._source(variable, None if service == EVERY_SERVICE else service)
                if source in self._environ:
                    found[service][name] = self._environ[source].strip()
        return {service: values for service, values in found.items() if values}

    def base_url(self, product: str, word: str) -> str | None:
        """Return the product's base URL; None when the environment does not give it.

        `word` is the product's word in the variable's name. Where it differs from the product's own name, a
        variable with that name is reported as a slip.
        """
        name = f"{PREFIX}{environment_word(word)}_URL"
        self._known.add(name)
        self._meant[f"{PREFIX}{environment_word(product)}_URL"] = name
        if name not in self._environ:
            return None
        return self._attempt(name, lambda: base_url(name, self._text(name)))

    def named(
        self, prefix: str, services: Mapping[str, str], of_value: OfAccount[T], of_file: OfAccount[T]
    ) -> dict[str, T]:
        """Return what is set for each account by a variable of this prefix, by the account's name, in order.

        Args:
            prefix: What the variables' names begin with, before the account.
            services: Names that an account cannot have.
            of_value: Makes of account, variable and its text what the variable gives.
            of_file: The same where the text is the path of a file.
        """
        found: dict[str, T] = {}
        for variable in sorted(name for name in self._environ if name.startswith(prefix)):
            self._known.add(variable)
            rest = variable.removeprefix(prefix)
            account = self._attempt(variable, partial(account_name, variable, rest, services))
            if account is not None:
                is_file = rest.endswith(FILE_SUFFIX)
                read = self._read_file if is_file else self._read_value
                value = self._attempt(
                    variable, partial(read, account, variable, of_file if is_file else of_value)
                )
                if value is not None:
                    found[account] = value
        return found

    def _read_value(self, account: str, variable: str, make: OfAccount[T]) -> T:
        return make(account, variable, self._text(variable))

    def _read_file(self, account: str, variable: str, make: OfAccount[T]) -> T:
        if (plain := variable.removesuffix(FILE_SUFFIX)) in self._environ:
            raise _both(plain, variable)
        return make(account, variable, self._text(variable))

    def _refuse_order(self, first: str, longest: str, first_s: float, longest_s: float) -> None:
        """Keep the problem that a first wait is longer than the longest."""
        # A wrong value is replaced by its default here, which says nothing about the other.
        if not self._failed & {first, longest}:
            problem = Problem(
                first if first in self._environ else longest,
                f"makes the first wait ({first_s:g} s) longer than the longest ({longest_s:g} s)",
                f"Lower {first} or raise {longest}.",
            )
            self.problems[problem] = None

    def unknown(self) -> list[Problem]:
        """Return a warning for each variable that no setting uses. Call it last, when all have been read."""
        names = self._known | {variable.name for variable in VARIABLES}
        return [
            Problem(name, "is set, but no such setting exists", self._remedy(name, names))
            for name in sorted(set(self._environ) - self._known)
        ]

    def _remedy(self, name: str, names: set[str]) -> str:
        return f"Did you mean {self._meant[name]}?" if name in self._meant else _nearest(name, names)

    def _source(self, variable: Variable[Any], service: str | None) -> str:
        """Return the name that gives the value: the service's own when it is set, else the plain one."""
        names = [variable.name]
        if service is not None and variable.per_service:
            names.insert(0, f"{variable.name}_{environment_word(service)}")
        if variable.secret:
            names.append(variable.name + FILE_SUFFIX)
        self._known.update(names)
        return next((name for name in names if name in self._environ), variable.name)

    def _parse(self, variable: Variable[T], source: str) -> T | None:
        if source not in self._environ:
            return None
        text = self._text(source)
        file: Path | None = None
        if variable.secret:
            in_file = variable.name + FILE_SUFFIX
            if source == in_file:
                file = Path(text)
                text = read_secret_file(source, file)
            elif in_file in self._environ:
                raise _both(source, in_file)
        value = variable.parse(source, text)
        if file is not None and isinstance(value, RedisAddress):
            # Its password may change while the process runs.
            return cast("T", value.in_file(source, file))
        return value

    def _text(self, name: str) -> str:
        # An empty value does not mean the default: PLEXSEND_RATE= may have been meant as 0 just as well.
        text = self._environ[name].strip()
        if not text:
            raise refusal(name, "is empty", "Give a value, or remove the variable.")
        return unquoted(name, text)

    def _attempt(self, source: str, parse: Callable[[], T]) -> T | None:
        try:
            return parse()
        except SettingsError as error:
            self._failed.add(source)
            self.problems.update(dict.fromkeys(error.problems))
            return None


def _nearest(name: str, names: set[str]) -> str:
    """Return the remedy for an unknown name: the known one that was most likely meant."""
    ending = name.upper().removeprefix(PREFIX)
    endings = sorted(known.removeprefix(PREFIX) for known in names)
    # A name that is cut off, or has a service where none can be, is near, however much is missing or added.
    begun = [known for known in endings if ending and (known.startswith(ending) or ending.startswith(known))]
    near = (
        get_close_matches(ending, endings, n=1, cutoff=_ALL_BUT_THE_SAME)
        or get_close_matches(ending, begun, n=1, cutoff=0)
        or get_close_matches(ending, endings, n=1, cutoff=_ALIKE)
    )
    return f"Did you mean {PREFIX}{near[0]}?" if near else "Remove it, or see docs/settings.md for the names."


def _both(plain: str, in_file: str) -> SettingsError:
    return refusal(plain, f"is set, and {in_file} too", "Keep one of the two.")


def _unverified(found: Mapping[str, Any]) -> list[Problem]:
    """Return a warning for each address whose server is not checked to be the one it says it is."""
    own = ["redis"] if found["broker"] is found["redis"] else ["redis", "broker"]
    return [
        Problem(
            rows(Settings)[field].name,
            "turns off the check of the server's certificate",
            "Give ssl_ca_certs=/path/to/ca.pem instead of ssl_cert_reqs or ssl_check_hostname.",
        )
        for field in own
        if not found[field].verified
    ]
