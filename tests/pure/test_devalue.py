"""The flat payload of Nuxt, unpacked."""

from typing import Any

import pytest

from digest.sources.devalue import unpacked


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ([{"posts": 1}, [2], {"title": 3}, "Cranes"], {"posts": [{"title": "Cranes"}]}),
        ([["ShallowReactive", 1], {"at": 2}, ["Date", "2026-06-12"]], {"at": "2026-06-12"}),
        ([{"a": 1, "b": 1}, "shared"], {"a": "shared", "b": "shared"}),
        (
            [{"self": 0, "gone": -1, "far": 99, "odd": "x"}],
            dict.fromkeys(("self", "gone", "far", "odd")),
        ),
        ([["Set", 1, 2], 7, True], [7, True]),
        ([["Map", 1, 2], "a", "b"], None),
        ([], None),
        ({"posts": []}, None),
    ],
)
def test_what_the_numbers_point_to_stands_in_their_places(payload: Any, expected: Any) -> None:
    assert unpacked(payload) == expected


def test_a_payload_without_end_is_cut_off() -> None:
    value = unpacked([[place + 1] for place in range(100_000)])
    depth = 0
    while isinstance(value, list):
        value, depth = value[0], depth + 1
    assert 0 < depth < 100
