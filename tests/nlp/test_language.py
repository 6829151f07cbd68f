import pytest

from nlp.language import detect


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Refund pls", "en"),
        ("app bad!!", "en"),
        ("THE WORST AIRLINE I HAVE EVER FLOWN WITH", "en"),
        ("👍👍", "en"),
        ("", "en"),
        ("Seit fünf Wochen warte ich auf meine Karte und niemand antwortet auf meine Mails.", "de"),
        ("Llevo tres semanas esperando la tarjeta y nadie me contesta en el chat.", "es"),
        ("L'application plante à chaque fois que je veux payer, c'est insupportable.", "fr"),
        ("アプリが毎回落ちるので使えません。", "ja"),
    ],
)
def test_detect(text: str, expected: str) -> None:
    assert detect(text) == expected
