"""Find what identifies people in a text (e-mails, phone, card, account numbers), and put a word for it.

What complaints are made of survives: order numbers, versions, flight numbers, years, dates, money.
"""

import re
import unicodedata

import phonenumbers

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]++(?:@|%40)[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b", re.IGNORECASE)
_SPELT_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]++ ?[\[(] ?at ?[\])] ?[\w-]+(?: ?[\[(] ?dot ?[\])] ?|\.)[\w.-]*[a-z]{2,}\b",
    re.IGNORECASE,
)
_USER = re.compile(r"(?<![\w/])/?u/[\w-]{3,20}\b")
_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"')\]]+", re.IGNORECASE)
_URL_USER = re.compile(r"(?<=/)(?:u|user)/[\w-]+")
_URL_PHONE = re.compile(r"(?<=[=/])(?:\+|%2B)\d{8,15}\b")
_URL_CARD = re.compile(r"(?<!\d)\d{13,16}(?!\d)")

_DATE = r"\d{4}-\d\d-\d\d\b|\d{1,2}[.-]\d{1,2}[.-]\d{2,4}\b"
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_CARD = re.compile(r"(?<![\d.,-])\d(?:[ -]?\d){12,18}(?![\d-])")
_CARD_PREFIX = re.compile(r"4|5[0-9]|2[2-7]|3[0-9]|6")
_SSN = re.compile(r"(?<![\d-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])")
_ACCOUNT = re.compile(
    r"\b((?:account|acct|a/c|routing|aba|iban|ssn|social security|passport|licen[cs]e|policy|customer"
    r"|member(?:ship)?)(?: (?:number|no|id|nr|code))?[ .:#]*(?:(?:is|was)[ :#]+)?)"
    rf"(?!{_DATE})[A-Z]{{0,3}}\d(?:[ -]?\d){{5,19}}\b",
    re.IGNORECASE,
)
# What a shop, a courier or a help desk calls a thing: its number names the thing, not a person.
_THING = re.compile(
    r"\b(?:order|tracking|parcel|ticket|case|claim|complaint|incident|invoice|reference|ref|confirmation|item|model"
    r"|sku|version|build|flight|part|serial|report|transaction)s?(?: (?:number|no|num|nr|id|code))?"
    r"(?: (?:is|was))?[ .:#(]*$",
    re.IGNORECASE,
)
_LONG = re.compile(r"(?<![\w$€£.,#/-])(?:\d{9,20}|\d{4}(?:[ -]\d{4}){2,4})(?![\w%/-]|[.,]\d)")

_PHONE = re.compile(rf"(?<![\w.,$€£#/+(-])(?!{_DATE})[+(]*+\d[\d ().-]{{5,18}}\d(?![\w%/-]|[.,]\d)")
# Forms the phonenumbers library does not take for valid: fictional, local, and national ones of Europe.
_PLAIN_PHONE = re.compile(
    r"(?:\+?1[-. ])?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}|555-\d{4}|0\d{2,4} ?\d{3,4} ?\d{3,4}"
)
# What stands in a name's place where people give none: "Amazon Customer", "A Google User".
_ROLE = re.compile(
    r"\b(?:customers?|users?|guest|anonymous|members?|reviewer|buyer|client|owner|verified)\b", re.IGNORECASE
)
_DIGITS = re.compile(r"\d(?:[^\w\n]{0,3}\d){5}")


def redacted(text: str) -> str:
    """Return the text with [email], [user], [card], [account] and [phone] in the place of what they name."""
    # A pattern is tried at every letter; the sign it cannot do without is found at once.
    if "@" in text or "%40" in text:
        text = _EMAIL.sub("[email]", text)
    if "(" in text or "[" in text:
        text = _SPELT_EMAIL.sub("[email]", text)
    if "u/" in text:
        text = _USER.sub("[user]", text)
    if not _DIGITS.search(text) and not _URL_USER.search(text):
        return text
    # The digits in an address name pages, not people.
    between = [_without_numbers(part) for part in _URL.split(text)]
    urls = [redacted_url(url) for url in _URL.findall(text)]
    return "".join(part + url for part, url in zip(between, [*urls, ""], strict=True))


def without_name(text: str, author: str) -> str:
    """Return the text with [name] in the place of its author's own name, where that is surely a name.

    Handles of plain letters (``happy``, ``Chase``) stay, as they may be words or brands; so does a name of
    several words where the text has it in lower case: "not happy".
    """
    name = " ".join(unicodedata.normalize("NFC", author).split())
    letters = re.sub(r"['’-]", "", name)
    is_plain_word = letters.isalpha() and (letters.islower() or letters.istitle() or letters.isupper())
    if len(name) < 5 or not re.search(r"[^\W\d_]", name) or is_plain_word or _ROLE.search(name):
        return text
    pattern = rf"(?<!\w){re.escape(name).replace(chr(92) + ' ', chr(92) + 's+')}(?!\w)"
    is_handle = " " not in name
    return re.sub(
        pattern,
        lambda found: found.group() if found.group().islower() and not is_handle else "[name]",
        text,
        flags=re.IGNORECASE,
    )


def redacted_url(url: str) -> str:
    """Return the address without the e-mails, users, card and phone numbers that links carry along."""
    url = _EMAIL.sub("[email]", url)
    url = _URL_USER.sub("[user]", url)
    url = _URL_PHONE.sub("[phone]", url)
    return _URL_CARD.sub(lambda found: "[card]" if _is_card(found.group()) else found.group(), url)


def _without_numbers(text: str) -> str:
    text = _IBAN.sub(lambda found: "[account]" if _is_iban(found.group()) else found.group(), text)
    text = _CARD.sub(lambda found: "[card]" if _is_card(found.group()) else found.group(), text)
    text = _SSN.sub("[account]", text)
    text = _ACCOUNT.sub(r"\1[account]", text)
    text = _PHONE.sub(_phone, text)
    return _LONG.sub(_long, text)


def _is_card(number: str) -> bool:
    digits = [int(digit) for digit in number if digit.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return bool(_CARD_PREFIX.match(number)) and (sum(digits[::-2]) + sum(doubled)) % 10 == 0


def _is_iban(number: str) -> bool:
    compact = number.replace(" ", "")
    return int("".join(str(int(letter, 36)) for letter in compact[4:] + compact[:4])) % 97 == 1


def _phone(found: re.Match[str]) -> str:
    number = found.group()
    if _names_a_thing(found):
        return number
    if _PLAIN_PHONE.fullmatch(number) and (number[0] != "0" or 9 <= sum(map(str.isdigit, number)) <= 11):
        return "[phone]"
    for match in phonenumbers.PhoneNumberMatcher(number, "US"):
        return f"{number[: match.start]}[phone]{number[match.end :]}"
    return number


def _long(found: re.Match[str]) -> str:
    number = found.group()
    is_round_sum = number.endswith("000000")
    is_years = re.fullmatch(r"(?:19|20)\d\d(?:[ -](?:19|20)\d\d)+", number) is not None
    return number if is_round_sum or is_years or _names_a_thing(found) else "[account]"


def _names_a_thing(found: re.Match[str]) -> bool:
    return _THING.search(found.string[max(0, found.start() - 40) : found.start()]) is not None
