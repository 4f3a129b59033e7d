"""The exports of other tools: known by their headers, and never read as a yes that nobody said."""

import pytest

from subscribers.errors import TransferError
from subscribers.formats import recognise
from subscribers.formats_words import Said

MAILCHIMP = "Email Address,First Name,OPTIN_TIME,CONFIRM_TIME,LEID,EUID,NOTES"


def said(header: str, row: str, *, file: str = "") -> tuple[str, str, Said]:
    """Return the format, the address and what it says, of one header and one row."""
    layout, is_header = recognise(header.split(","), row.split(","), file=file)
    assert is_header
    cells = row.split(",")
    return layout.shape.name, layout.cells(cells).email, layout.said(cells)[0]


@pytest.mark.parametrize(
    ("name", "header", "row", "wanted"),
    [
        ("mailchimp", MAILCHIMP, "a@x.org,Ada,,,1,f,", Said.CONFIRMED),
        ("mailchimp", MAILCHIMP + ",UNSUB_TIME", "a@x.org,Ada,,,1,f,,2024", Said.UNSUBSCRIBED),
        ("mailchimp", MAILCHIMP + ",CLEAN_TIME", "a@x.org,Ada,,,1,f,,2024", Said.BOUNCED),
        ("substack", "email,active_subscription,email_disabled", "a@x.org,true,false", "confirmed"),
        ("substack", "email,active_subscription,email_disabled", "a@x.org,true,true",
         "unsubscribed"),
        ("substack", "email,email_disabled,type", "a@x.org,,paid", Said.UNKNOWN),
        ("ghost", "email,subscribed_to_emails,deleted_at", "a@x.org,true,", Said.CONFIRMED),
        ("ghost", "email,subscribed_to_emails,deleted_at", "a@x.org,true,2024-01-01", Said.GONE),
        ("ghost", "email,subscribed_to_emails,email_disabled", "a@x.org,true,true", Said.BOUNCED),
        ("ghost", "email,subscribed_to_emails,labels", "a@x.org,,", Said.UNKNOWN),
        ("ghost", "email,subscribed_to_emails,labels", "a@x.org,perhaps,", Said.UNKNOWN),
        ("buttondown", "id,email,subscriber_type", "1,a@x.org,past_due", Said.CONFIRMED),
        ("buttondown", "id,email,subscriber_type", "1,a@x.org,unactivated", Said.PENDING),
        ("buttondown", "id,email,subscriber_type", "1,a@x.org,Undeliverable", Said.BOUNCED),
        ("buttondown", "id,email,subscriber_type", "1,a@x.org,brand_new_word", Said.UNKNOWN),
        ("listmonk", "uuid,email,name,attributes,status", "u,a@x.org,Ada,{},enabled", "confirmed"),
        ("listmonk", "uuid,email,name,attributes,status", "u,a@x.org,A,{},blocklisted",
         "complained"),
        ("listmonk", "email,name,attributes", "a@x.org,Ada,{}", Said.CONFIRMED),
        ("kit", "first_name,email_address,state", "Ada,a@x.org,inactive", Said.PENDING),
        ("kit", "first_name,email_address,state", "Ada,a@x.org,cancelled", Said.UNSUBSCRIBED),
        ("generic", "Name,E-Mail", "Ada,a@x.org", Said.CONFIRMED),
        ("generic", "email,status", "a@x.org,Opted Out", Said.UNSUBSCRIBED),
        ("generic", "email,status", "a@x.org,inactive", Said.UNSUBSCRIBED),
        ("generic", "email,status", "a@x.org,", Said.UNKNOWN),
        ("generic", "email,subscribed", "a@x.org,FALSE", Said.UNSUBSCRIBED),
        ("generic", "email,unsubscribed", "a@x.org,yes", Said.UNSUBSCRIBED),
        ("generic", "email,unsubscribed", "a@x.org,no", Said.CONFIRMED),
        ("generic", "email,status,unsubscribed at", "a@x.org,active,2024-01-01", "unsubscribed"),
        ("generic", "email,Accepts Email Marketing", "a@x.org,no", Said.UNSUBSCRIBED),
        ("generic", "email,unsubscribed at,status", "a@x.org,2024-01-01,bounced", Said.BOUNCED),
        ("generic", "email,how they are", "a@x.org,Unsubscribed", Said.UNKNOWN),
    ],
)  # fmt: skip
def test_a_format_is_known_by_its_headers(name: str, header: str, row: str, wanted: Said) -> None:
    assert said(header, row) == (name, "a@x.org", Said(wanted))


def test_the_column_of_the_address_may_have_been_renamed() -> None:
    header = MAILCHIMP.replace("Email Address", "Where to write")
    assert said(header, "a@x.org,Ada,,,1,f,") == ("mailchimp", "a@x.org", Said.CONFIRMED)
    assert said(MAILCHIMP, "a@x.org,Ada,,,1,f,", file="nonsubscribed_members_1.csv")[2] is Said.GONE


def test_a_file_without_a_header_begins_with_a_person() -> None:
    layout, is_header = recognise(["Ada", "a@x.org"], ["Emmy", "e@x.org"])
    assert not is_header
    assert layout.cells(["Ada", "a@x.org"]).email == "a@x.org"


def test_rows_that_are_too_short_or_too_long_are_read_all_the_same() -> None:
    layout, _ = recognise(["email", "name", "status"])
    assert layout.cells(["a@x.org"]).name == ""
    assert layout.said(["a@x.org"])[0] is Said.UNKNOWN
    assert layout.cells(["a@x.org", "Ada", "active", "more", "cells"]).name == "Ada"


@pytest.mark.parametrize(
    ("first", "second", "asked", "why"),
    [
        (["user", "site"], ["ada", "https://x.org/"], None, "no column holds email addresses"),
        (["email", "name"], [], "ghost", "look like generic"),
    ],
)
def test_what_cannot_be_a_list_of_people_is_refused(
    first: list[str], second: list[str], asked: str | None, why: str
) -> None:
    with pytest.raises(TransferError, match=why):
        recognise(first, second, asked=asked)
