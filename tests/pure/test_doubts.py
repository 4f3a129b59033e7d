"""Doubts about addresses: said, and never a reason to refuse one."""

import csv
from io import StringIO

import pytest

from subscribers.addresses import Mailbox
from subscribers.doubts import doubts
from subscribers.spreadsheet import safe, unsafe


@pytest.mark.parametrize(
    ("address", "about"),
    [
        ("ada@example.org", []),
        ("info@example.org", ["info@"]),
        ("Support+blog@example.org", ["support@"]),
        ("ada@gmial.com", ["gmail.com"]),
        ("ada@gmai.com", ["gmail.com"]),
        ("ada@mail.com", []),
        ("ada@mailinator.com", ["thrown away"]),
        ("admin@hotmial.com", ["admin@", "hotmail.com"]),
    ],
)
def test_slips_roles_and_throw_away_addresses_are_named(address: str, about: list[str]) -> None:
    found = doubts(Mailbox.parse(address))
    assert len(found) == len(about)
    assert all(word in sentence for word, sentence in zip(about, found, strict=True))


FORMULAS = [
    *("=1+1", "+49", "-5", "@SUM(A1)", "\tx", "\rx", "\n=1", "\uff1d1", "'=1", "''=1"),
    *("Ada;=1+1", "Ada; =1", "Ada\t+1", "Ada;'=1", 'Ada;"=1+1"', "Ada;\t=1;-2", "Ada\n@x;;=1"),
]


@pytest.mark.parametrize("text", [*FORMULAS, "Ada", "'Ada", "", "a;b", "'", ";", "A-B; C=D", "\t"])
def test_s12_no_cell_is_a_formula_and_each_comes_back_as_it_was(text: str) -> None:
    for cut in (",", ";", "\t"):
        file = StringIO()
        csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow(["x", safe(text)])
        for row in csv.reader(file.getvalue().splitlines(), delimiter=cut):
            for cell in row:
                assert not cell.strip(' "').startswith(tuple("=+-@\t\r\uff1d")), cell
    assert unsafe(safe(text)) == text
    assert (safe(text) == text) == (text not in {*FORMULAS, "\t"})
