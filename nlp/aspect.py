"""Read from the parse what a grievance is about (aspect) and what is wrong with it (problem)."""

from collections.abc import Iterable

from spacy.tokens import Span, Token

_LONGEST = 8  # words of a problem
LONGEST_ASPECT = 5  # words
_JOINERS = {"-", "/", "'"}
# Tags of the Penn Treebank, which spaCy's English pipelines give.
_NOMINAL = ("NN", "PRP", "CD", "DT")
_VERBAL = ("VB", "MD")
_NO_PART = {"PRP", "PRP$", "WP", "WP$", "DT", "PDT", "WDT", "CD", "$", "SYM"}
_REPORTING = {
    *(
        "think",
        "thinks",
        "thought",
        "say",
        "says",
        "said",
        "saying",
        "tell",
        "tells",
        "told",
        "feel",
        "feels",
        "felt",
    ),
    *("believe", "seem", "seems", "find", "found", "mean", "means", "wish", "hope", "guess", "know", "knew"),
}
_KEEP = {"compound", "amod", "nmod", "poss", "prep", "npadvmod", "punct", "prt", "pobj"}
_PREDICATE = {
    *("neg", "aux", "auxpass", "prt", "acomp", "attr", "advmod", "npadvmod", "xcomp", "oprd", "dobj"),
    *("prep", "agent", "dative"),
}
_SIDE = {"relcl", "advcl", "punct", "ccomp", "conj", "cc", "mark"}
_OBJECTS = ("nsubjpass", "dobj", "attr", "oprd")
_VAGUE = {
    *(
        "thing",
        "things",
        "something",
        "anything",
        "nothing",
        "everything",
        "one",
        "way",
        "ways",
        "lot",
        "lots",
        "time",
    ),
    *(
        "times",
        "day",
        "days",
        "week",
        "weeks",
        "month",
        "months",
        "year",
        "years",
        "hour",
        "hours",
        "minute",
        "minutes",
    ),
    *(
        "people",
        "guy",
        "guys",
        "reason",
        "problem",
        "problems",
        "issue",
        "issues",
        "joke",
        "bit",
        "kind",
        "star",
        "stars",
    ),
    *("today", "yesterday", "everyone", "anyone", "nobody", "someone", "person", "part", "fact", "what"),
}


def aspect_and_problem(clause: Span) -> tuple[str | None, str | None]:
    """Return the noun phrase a clause complains about, and its predicate; what is not there is ``None``.

    "they locked my account without warning" -> ("account", "locked without warning").
    """
    root = _predicate(clause)
    noun = _aspect(clause, root)
    words = _phrase(noun, clause) if noun is not None else []
    if root.tag_.startswith(_NOMINAL) and noun is root:
        # "no response from support": the missing thing is the problem, whom it is missing from the aspect.
        problem = _words([t for t in root.subtree if _inside(t, clause)][:_LONGEST])
        of = next((c for c in root.children if c.dep_ == "prep" and c.lower_ in {"from", "with", "of"}), None)
        inner = next((c for c in of.children if c.dep_ == "pobj"), None) if of is not None else None
        if inner is not None and _is_thing(inner):
            words = _phrase(inner, clause)
        return _words(words) or None, problem or None
    problem = _words(_problem(root, clause, noun))
    return _words(words) or None, problem or None


def _predicate(clause: Span) -> Token:
    """Return what the clause says happened: below "I think" and "they said", and through "was able to"."""
    root = clause.root
    for _ in range(3):
        inner = next(
            (
                c
                for c in root.children
                if c.dep_ == "ccomp" and _inside(c, clause) and c.tag_.startswith(_VERBAL)
            ),
            None,
        )
        if inner is None or root.lower_ not in _REPORTING:
            break
        root = inner
    return root


def _inside(token: Token, span: Span) -> bool:
    return span.start <= token.i < span.end


def _is_thing(token: Token) -> bool:
    return (
        token.tag_.startswith("NN")
        and token.lower_ not in _VAGUE
        and token.ent_type_ != "BRAND"
        and not token.like_num
    )


def _aspect(clause: Span, root: Token) -> Token | None:
    """Return the head noun of the aspect: the subject, else what things happen to, else what is near."""
    if _is_thing(root) and root.dep_ in {"ROOT", "conj", "ccomp"}:
        subject = next((c for c in root.children if c.dep_ == "nsubj" and _is_thing(c)), None)
        return subject or root
    near = [t for t in clause if t.head == root or t.head.head == root]
    subject = next((t for t in near if t.dep_ == "nsubj" and t.head == root and _is_thing(t)), None)
    if subject is not None:
        return subject
    for relation in _OBJECTS:
        found = next((t for t in near if t.dep_ == relation and _is_thing(t)), None)
        if found is not None:
            return found
    return next((t for t in clause if t.dep_ in {"pobj", "dobj", "nsubj", "ROOT"} and _is_thing(t)), None)


def _phrase(noun: Token, clause: Span) -> list[Token]:
    """Return the noun with what narrows it down: "monthly maintenance fee", without articles and brands."""
    start = noun.i
    while start > clause.start:
        token = noun.doc[start - 1]
        is_part = token.dep_ in _KEEP or (token.is_punct and token.text in _JOINERS)
        if not (is_part and noun.is_ancestor(token)) or token.tag_ in _NO_PART:
            break
        if token.ent_type_ == "BRAND" or noun.i - start >= LONGEST_ASPECT:
            break
        start -= 1
    while noun.doc[start].is_punct:
        start += 1
    return list(noun.doc[start : noun.i + 1])


def _problem(root: Token, clause: Span, noun: Token | None) -> list[Token]:
    """Return the predicate's own words in order, without subject, side clauses and aspect."""
    about = set(noun.subtree) if noun is not None else set()
    if noun is not None and noun.dep_ == "pobj":
        about.add(noun.head)
    tokens = {root}
    pending = [c for c in root.children if c.dep_ in _PREDICATE or _is_nobody(c)]
    while pending:
        token = pending.pop()
        is_listed = token.dep_ in {"conj", "cc"} and token.head.tag_.startswith(("JJ", "NN"))
        if token in about or not _inside(token, clause) or (token.dep_ in _SIDE and not is_listed):
            continue
        if token.dep_ not in {"aux", "auxpass"} or any(c.dep_ == "neg" for c in token.head.children):
            tokens.add(token)
        pending.extend(token.children)
    ordered = sorted(tokens, key=lambda t: t.i)
    first = max(0, ordered.index(root) - 3)
    return ordered[first : first + _LONGEST]


def _is_nobody(token: Token) -> bool:
    """Tell whether the missing person is the point: "nobody answers"."""
    return token.dep_ == "nsubj" and token.lower_ in {"nobody", "noone", "nothing", "none"}


def _words(tokens: Iterable[Token]) -> str:
    """Return tokens as running text, in lower case, white space between them as it was."""
    text, last = "", None
    for token in tokens:
        if not token.is_space:
            # words that stood together ("ca" + "n't") stay together; left-out words leave a space
            glued = last is not None and last.i + 1 == token.i and not last.whitespace_
            text += token.lower_ if glued or not text else f" {token.lower_}"
            last = token
    return text.strip(" .,;:!-")
