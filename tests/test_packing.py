import numpy as np

from erniem.packing import Sentences, end_to_end, replaced, within


def three() -> Sentences:
    return Sentences.of([[5, 6, 7], [], [8]], [1, 2, 3])


def test_sentences_are_taken_in_any_order() -> None:
    taken = three().take(np.array([2, 0, 1]))
    assert [taken[i].tolist() for i in range(3)] == [[8], [5, 6, 7], []]
    assert taken.languages.tolist() == [3, 1, 2]


def test_cropping_keeps_the_beginning() -> None:
    cropped = three().cropped(2)
    assert [cropped[i].tolist() for i in range(3)] == [[5, 6], [], [8]]


def test_groups_of_sentences_become_one() -> None:
    both = Sentences.concatenated([three(), three()])
    assert both.lengths.tolist() == [3, 0, 1, 3, 0, 1]
    assert both[3].tolist() == [5, 6, 7]


def test_places_start_anew_in_every_sequence() -> None:
    assert within(np.array([3, 0, 2])).tolist() == [0, 1, 2, 0, 1]


def test_some_of_many_sequences_are_replaced() -> None:
    laid = end_to_end([[5, 6], [], [7], [8, 9]])
    ids, lengths = replaced(*laid, {3: [], 1: [1, 2, 3]})
    assert (ids.tolist(), lengths.tolist()) == ([5, 6, 1, 2, 3, 7], [2, 3, 1, 0])
    assert replaced(*laid, {}) == laid
