"""Which names and addresses of mail can be a person's."""

import pytest

from liveshop.features.people.rules import MAIL_CHARS_MAX, mail_flaw, name_flaw, same_mail


@pytest.mark.parametrize(
    "name", ["K", "Kaya Demir", "O'Neil", "Ζωή", "赵敏", "محمد", "Zoë", "x" * 64]
)
def test_a_name_of_any_script_can_be_a_persons(name: str) -> None:
    assert name_flaw(name) is None


@pytest.mark.parametrize("name", [" Kaya", "Kaya ", "#Kaya", "\u200b", "Zoe\u0308", "a\u202eb"])
def test_a_name_that_cannot_be_shown_or_is_ours_is_no_persons(name: str) -> None:
    assert name_flaw(name) is not None


@pytest.mark.parametrize(
    "mail",
    [
        "a@b.cd",
        "kaya+live@shop.example",
        "ka.ya_99%x@a-b.shop.example",
        "καγια@κατάστημα.gr",
        "赵@例子.中国",
        f"{'x' * 64}@shop.example",
    ],
)
def test_an_address_as_people_have_it_is_taken(mail: str) -> None:
    assert mail_flaw(mail) is None


@pytest.mark.parametrize(
    "mail",
    [
        "kaya",
        "@",
        "@shop.example",
        "kaya@",
        "kaya@shop",
        "kaya@shop.example.",
        "kaya@.example",
        "kaya@shop_.example",
        "kaya@[127.0.0.1]",
        "kaya@127.0.0.1",
        '"ka ya"@shop.example',
        ".kaya@shop.example",
        "ka..ya@shop.example",
        "kaya@@shop.example",
        "kaya@shop.example,eve@shop.example",
        "kaya <kaya@shop.example>",
        "kaya@shop.example\r\nBcc: eve@shop.example",
        "kaya\u00a0@shop.example",
        "ka\u202eya@shop.example",
        f"{'é' * 33}@shop.example",
        f"kaya@{'.'.join(['x' * 60] * 5)}.example",
    ],
)
def test_what_is_no_address_of_one_mailbox_is_refused(mail: str) -> None:
    assert mail_flaw(mail) is not None


def test_two_ways_of_writing_one_address_are_the_same_mail() -> None:
    same = same_mail("Kaya@Bücher.example")
    assert same == same_mail("kaya@xn--bcher-kva.EXAMPLE")
    assert same != same_mail("kaya@bucher.example")
    assert len("x" * 64 + "@" + "y" * 189) == MAIL_CHARS_MAX
