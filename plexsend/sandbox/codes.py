"""The codes that the sandbox answers with, as data: a table in the words of the gateway's guide."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """One code of the gateway: its HTTP status when it speaks for a whole request, and its words."""

    code: str
    status: int
    name: str
    description: str


_TABLE = (
    Code("C100", 200, "Success", "success"),
    Code("C400_1", 400, "Invalid Type", "a value is of the wrong type"),
    Code("C400_2", 400, "Invalid Parameter", "a value is not allowed"),
    Code("C400_3", 400, "Missing Parameter", "a required value is missing"),
    Code("C401_1", 401, "No Authorization", "the Authorization header is missing"),
    Code("C401_2", 401, "Malformed Authorization", "the Authorization header must be userID;secret_key"),
    Code("C401_3", 401, "Unknown Authorization", "the user or its secret key is not known"),
    Code("C404_1", 404, "Data Not Found", "there is no such API"),
    Code("C500_1", 500, "Internal Server Error", "the server is in trouble"),
    Code("G110", 200, "Invalid API ID", "the service does not belong to this URL"),
    Code("G140", 200, "Invalid Sender Number", "the sender number is invalid or not registered"),
    Code("G141", 200, "Invalid Recipient Number", "the recipient number is invalid"),
    Code("G142", 200, "Invalid Echo", "echo_to_webhook is invalid"),
    Code("G150", 200, "Insufficient Credit", "the credit does not suffice"),
    Code("G160", 200, "Too Many Messages", "more messages than one transmission may carry"),
    Code("71003", 200, "Duplicate Key", "the msg_key was used before"),
    # The guide shows C341 once, with these very words, and explains it nowhere.
    Code("C341", 200, "success", "success"),
)

CODES = {code.code: code for code in _TABLE}
"""Every code by its text."""

FRONT_WORDS = {
    "100": "Bad Request Exception",
    "200": "Authentication Failed",
    "210": "Permission Denied",
    "300": "Not Found Exception",
    "400": "Quota Exceeded",
    "410": "Throttle Limited",
    "420": "Rate Limited",
    "430": "Request Entity Too Large",
    "500": "Endpoint Error",
    "510": "Endpoint Timeout",
    "900": "Unexpected Error",
}
"""What NAVER's API gateway, which answers in front of API PLEX, says with its error codes."""

ACCEPTED = "C100"
DUPLICATE = "71003"


def get_code(text: str) -> Code:
    """Return the table's row, or for a code outside it (tests make some up) a row that says so."""
    return CODES.get(text) or Code(text, 200, "Unknown", "a code that the guide does not know")
