"""Decide whether a clause holds something against a brand, and of which kind."""

from collections.abc import Iterable

import numpy as np
from spacy.tokens import Doc, Span, Token

from nlp.cues import cues_of
from nlp.grievance import Kind

# Evidence in log-odds. Set by hand, after looking at posts of the demo market; docs/quality.md says what
# comes of it on other data.
_TEXT = 0.4  # for each unit of the clause's own log-odds, from nlp/models/complaint.npz
_POST = 0.2  # for each unit of the whole post's
_POST_CAP = 2.5
_STARS = {1: 0.8, 2: 0.5, 3: 0.0, 4: -0.5, 5: -1.5}
_CUE = {"failed_recovery": 1.5, "wrong": 0.8, "expected": 0.5, "sarcasm": 2.5, "hypothetical": -1.0}
_TITLE = -2.5  # the body says it again, in full
_OWN_DEED = -0.8  # "I uploaded my licence": what the customer did, told on the way to what went wrong
_COMPANY = 0.2  # "they", "the app", "support" as the subject
_DONE_TO_ME = 0.8  # "they lost my bag", "Cirrus charged me": somebody else does it to the customer
_AGAIN = 0.6  # still, again, twice, keeps
_DURATION, _MONEY = 0.4, 0.4
_ASKING, _PRESENT = -0.4, -0.3
_BIAS = -0.6
_STORY = 1.0

_FEWEST_WORDS = 2
_CUSTOMER = {"i", "we"}
_MINE = {"me", "us", "my", "our"}
_REPEATING = {"still", "again", "waiting", "wait", "keeps", "kept", "only", "twice", "every"}
_TIMES = {"day", "days", "week", "weeks", "month", "months", "hour", "hours", "minute", "minutes", "hrs"}
_MONEY_WORDS = {"$", "£", "€", "dollars", "bucks", "fee", "fees"}


def judged(clauses: Iterable[Span]) -> list[tuple[Span, Kind]]:
    """Return the clauses of a post that hold something against a brand, each with its kind.

    A complaint far weaker than the post's strongest is left out, unless it says what was expected: it tells
    the story around it.
    """
    found = [(clause, verdict) for clause in clauses if (verdict := _verdict(clause)) is not None]
    strongest = max((score for _, (kind, score) in found if kind == "complaint"), default=0.0)
    return [
        (clause, kind)
        for clause, (kind, score) in found
        if kind != "complaint" or score >= strongest - _STORY or _says_what_was_expected(clause)
    ]


def _verdict(clause: Span) -> tuple[Kind, float] | None:
    """Return the kind of a grievance and the log-odds that it complains, or ``None``: rarer kinds first."""
    cues = {cue.label_ for cue in cues_of(clause)}
    score = complaint_logit(clause, cues)
    if "negated" in cues or _quotes_another(clause) or _says_little(clause):
        return None
    for kind in ("win_back", "switch", "wish"):
        if kind in cues and not (kind == "switch" and _is_done_to_the_customer(clause)):
            return kind, score
    if "failed_recovery" in cues and score > 0:
        return "failed_recovery", score
    if "question" in cues and _asks(clause) and clause._.complaint_logit < 1:
        return "question", score
    return ("complaint", score) if score > 0 else None


def complaint_logit(clause: Span, cues: set[str]) -> float:
    """Return the log-odds that a clause complains, from its words, its post, its stars and its build."""
    words = {token.lower_ for token in clause}
    subject = next((t for t in clause if t.dep_ in {"nsubj", "nsubjpass"} and t.head == clause.root), None)
    is_denied = any(token.dep_ == "neg" for token in clause) or not words.isdisjoint(
        {"no", "never", "nothing"}
    )
    logit: float = _BIAS + _TEXT * clause._.complaint_logit
    logit += _POST * float(np.clip(clause.doc._.complaint_logit, -_POST_CAP, _POST_CAP))
    logit += _STARS[round(clause.doc._.rating)] if clause.doc._.rating else 0.0
    logit += sum(_CUE.get(cue, 0.0) for cue in cues)
    logit += _TITLE * _is_repeated_title(clause)
    if subject is not None:
        logit += _OWN_DEED * (subject.lower_ in _CUSTOMER and subject.dep_ == "nsubj" and not is_denied)
        logit += _COMPANY * (subject.lower_ not in _CUSTOMER)
        logit += _DONE_TO_ME * (subject.lower_ not in _CUSTOMER and _has_the_customer_as_object(clause.root))
        logit += _PRESENT * (clause.root.tag_ in {"VBZ", "VBP"} and not is_denied)
    logit += _AGAIN * (not words.isdisjoint(_REPEATING)) + _DURATION * (not words.isdisjoint(_TIMES))
    logit += _MONEY * (not words.isdisjoint(_MONEY_WORDS)) + _ASKING * clause.text.endswith("?")
    return logit


def _has_the_customer_as_object(verb: Token) -> bool:
    """Tell whether a verb's object is the customer or theirs: "charged me", "lost my bag"."""
    objects = [c for c in verb.children if c.dep_ in {"dobj", "dative", "pobj"} and c.i > verb.i]
    words = {str(word.lower_) for found in objects for word in (found, *found.lefts)}
    return not words.isdisjoint(_MINE)


def is_by_a_customer(doc: Doc) -> bool:
    """Tell whether a text is no job advert and no news report, which give themselves away by two signs."""
    signs = [cue for cue in doc.spans["cues"] if cue.label_ == "not_a_customer"]
    return len(signs) < 2


def _asks(clause: Span) -> bool:
    """Tell whether a question mark follows, in the clause or later in its sentence."""
    return "?" in clause.doc.text[clause.start_char : clause.sent.end_char]


def _is_done_to_the_customer(clause: Span) -> bool:
    """Tell whether somebody else acts: "they closed my account" is no decision to leave."""
    subjects = [t for t in clause if t.dep_ in {"nsubj", "nsubjpass"}]
    return bool(subjects) and all(
        t.lower_ in {"they", "you", "it", "bank", "support"} or t.ent_type_ == "BRAND" for t in subjects
    )


def _is_repeated_title(clause: Span) -> bool:
    """Tell whether a clause stands in a first line that is short against what follows."""
    title, _, body = clause.doc.text.partition("\n")
    return clause.end_char <= len(title) and len(body) > len(title)


def _says_what_was_expected(clause: Span) -> bool:
    return any(cue.label_ == "expected" for cue in cues_of(clause))


def _says_little(clause: Span) -> bool:
    """Tell whether a clause is mostly numbers, links, or names that were blacked out ("XXXX XXXX")."""
    words = [t for t in clause if t.is_alpha and len(set(t.lower_)) > 1 and not t.like_url]
    return len(words) < _FEWEST_WORDS or 2 * len(words) < len(clause)


def _quotes_another(clause: Span) -> bool:
    """Tell whether a clause stands in a line that begins with ``>``, as forums quote the post they answer."""
    line = clause.doc.text.rfind("\n", 0, clause.start_char) + 1
    return clause.doc.text.startswith(">", line)
