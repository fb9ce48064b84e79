import numpy as np

from pixonomy.heads.word_head import WordHead


def test_evidence_is_how_much_more_than_usual_an_images_classes_speak_for_a_category() -> None:
    kernel = (50 * np.eye(4)).astype(np.float16)
    weights = np.array([[4, 0, 0, 0], [0, 2, 2, 0], [1, 1, 1, 1]], np.float32)
    head = WordHead(kernel, np.zeros(4, np.float32), weights)
    found = head.evidence(np.eye(4, dtype=np.float32))
    np.testing.assert_allclose(found, [[4, 0, 1], [0, 2, 1], [0, 2, 1], [0, 0, 1]], atol=1e-4)
    assert np.isfinite(head.scores(np.eye(4, dtype=np.float32))).all()
