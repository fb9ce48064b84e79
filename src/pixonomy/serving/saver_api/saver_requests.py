"""Reads what requests of the saver's API bring: whose they are, consents, corrections, goals."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import cast

from starlette.requests import Request

from pixonomy.goals.goal_fields import KEYS
from pixonomy.serving.saver_refusals import FieldsRefused
from pixonomy.state.saver_records import Once

SUBJECT_LETTERS, KEY_LETTERS, TEXT_LETTERS = 200, 200, 200
# Neither control characters nor what stands for bytes that are no text.
SUBJECT_PATTERN = f"[^\\x00-\\x1f\\x7f\\ufffd]{{1,{SUBJECT_LETTERS}}}"
KEY_PATTERN = f"[!-~]{{1,{KEY_LETTERS}}}"

_ONCE = "idempotency-key"
_FLAGS = {"true": True, "false": False}
_HIDDEN = ("Cc", "Cs")  # control characters, and halves of characters
_SUMS = ("amount", "saved")
_VERSION = "version"


def refuse_fields(fields: Mapping[str, str]) -> FieldsRefused:
    """Return the refusal of fields that cannot be taken, with one sentence for each."""
    return FieldsRefused(422, "invalid_fields", " ".join(fields.values()), fields=fields)


def read_subject(value: object) -> str:
    """Return an app's id for its user.

    Raises:
        FieldsRefused: if there is none, it is too long, has control characters, or is no Unicode
            text: two of those could look the same.
    """
    if isinstance(value, str) and re.fullmatch(SUBJECT_PATTERN, value) and not _is_broken(value):
        return value
    message = f"subject is the app's id for its user, 1 to {SUBJECT_LETTERS} letters."
    raise refuse_fields({"subject": message})


def subject_of(request: Request) -> str:
    """Return whom a request is about; see `read_subject`."""
    return read_subject(request.query_params.get("subject"))


def read_flag(request: Request, name: str) -> bool:
    """Return a consent that the query gives; False where it does not name it.

    Raises:
        FieldsRefused: if it is neither true nor false.
    """
    value = request.query_params.get(name, "false")
    if value not in _FLAGS:
        raise refuse_fields({name: f"{name} is true or false, not {value[:20]!r}."})
    return _FLAGS[value]


def read_consent(content: Mapping[str, object], name: str) -> bool | None:
    """Return a consent that is given or withdrawn; None where it stays as it is.

    Raises:
        FieldsRefused: if it is neither true, false nor null.
    """
    value = content.get(name)
    if value is None or isinstance(value, bool):
        return value
    raise refuse_fields({name: f"{name} is true, false or null."})


def read_once(request: Request, content: bytes) -> Once | None:
    """Return what makes a request count once, if it has a key.

    Raises:
        FieldsRefused: if the key cannot be one.
    """
    key = request.headers.get(_ONCE)
    if key is None:
        return None
    if not re.fullmatch(KEY_PATTERN, key):
        message = f"Idempotency-Key has 1 to {KEY_LETTERS} letters of ASCII without spaces."
        raise refuse_fields({"Idempotency-Key": message})
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return Once(key, sha256(asked + content).hexdigest())


def require_keys(content: Mapping[str, object], known: Collection[str]) -> None:
    """Refuse keys that nobody would read.

    Raises:
        FieldsRefused: naming those that would be.
    """
    unknown = [one for one in content if one not in known]
    if unknown:
        message = f"There is no such field; known are {', '.join(known)}."
        raise refuse_fields({_shown(one): message for one in unknown[:5]})


def check_goal(content: Mapping[str, object], labels: Collection[str], more: str) -> None:
    """Check what of a goal's JSON object `Savers.read_fields` does not, which reads forms, too.

    Args:
        more: the key that it may have beside those of a goal.

    Raises:
        FieldsRefused: if a key is unknown, the category is none of the model's, or a sum no number.
    """
    require_keys(content, (*KEYS, more))
    read_label(content.get("label"), labels)
    wrong = {
        one: f"{one} is a number such as 1200.50, no text."
        for one in _SUMS
        if isinstance(content.get(one), str)
    }
    wrong |= {
        one: f"{one} is null where it is left open." for one in KEYS if content.get(one) == ""
    }
    if wrong:
        raise refuse_fields(wrong)


def read_version(content: Mapping[str, object]) -> int:
    """Return the version of the goal that a change was made from.

    Raises:
        FieldsRefused: if there is none.
    """
    version = content.get(_VERSION)
    is_number = isinstance(version, int | float) and not isinstance(version, bool)
    number = cast(float, version) if is_number else 0.0
    if 1 <= number < 1 << 31 and number == int(number):  # 2.0 is whole, too, as JSON has it
        return int(number)
    message = "version is a whole number: that of the goal which was read before it is changed."
    raise refuse_fields({_VERSION: message})


def read_id(content: Mapping[str, object], name: str) -> str | None:
    """Return the id that a JSON object gives under a name; None where there is none.

    Raises:
        FieldsRefused: if it is no text.
    """
    value = content.get(name)
    if value is None or isinstance(value, str):
        return value
    raise refuse_fields({name: f"{name} is an id, a text."})


def read_label(value: object, labels: Collection[str]) -> str | None:
    """Return a category of the model; None for none of them.

    Raises:
        FieldsRefused: for another.
    """
    if value is None or (isinstance(value, str) and value in labels):
        return value
    message = "label is none of the model's categories, which GET /v1/model names, and not null."
    raise refuse_fields({"label": message})


def read_text(value: object) -> str:
    """Return a person's own words, without characters that cannot be seen; "" for None.

    Raises:
        FieldsRefused: if it is no text, or too long.
    """
    text = "" if value is None else value
    if isinstance(text, str) and len(text) <= TEXT_LETTERS:
        return " ".join("".join(one if _is_visible(one) else " " for one in text).split())
    raise refuse_fields({"text": f"text is a text of at most {TEXT_LETTERS} letters."})


def _is_broken(text: str) -> bool:
    return any(unicodedata.category(one) == "Cs" for one in text)


def _is_visible(text: str) -> bool:
    return not any(unicodedata.category(one) in _HIDDEN for one in text)


def _shown(key: str) -> str:
    return "".join(one for one in key[:40] if _is_visible(one)) or "?"
