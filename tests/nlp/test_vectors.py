import numpy as np

from nlp.vectors import embed_sentences, embed_texts, embed_words, unit


def test_vectors_have_unit_length_and_keep_their_order() -> None:
    texts = ["they lost my bag", "the app crashes all the time when I open it", "no refund"]
    for embed, d in ((embed_words, 256), (embed_sentences, 512)):
        vectors = embed(texts)
        assert vectors.shape == (3, d)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
        np.testing.assert_allclose(vectors[1], embed(texts[1:2])[0], atol=2e-3)


def test_vectors_put_the_alike_together() -> None:
    lost, missing, app = embed_texts(*[["they lost my luggage", "my bag is missing", "the app crashes"]] * 2)
    assert lost @ missing > lost @ app


def test_vectors_of_nothing() -> None:
    assert embed_texts([], []).shape == (0, 768)
    assert np.isfinite(embed_texts(["", "\x00"], ["", ""])).all()
    np.testing.assert_array_equal(unit(np.zeros((1, 4), np.float32)), 0)
