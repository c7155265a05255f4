"""What is worth a word of what Django's commands came to."""

import pytest
from ansible_collections.slipway.django.plugins.module_utils.telling import (
    APPLIED,
    COPIED,
    summary,
    warning_lines,
)


@pytest.mark.parametrize(
    ("output", "copied"),
    [
        ("\n1 static file copied to '/srv/static'.\n", ["1"]),
        ("\n12 static files copied to '/srv/static', 130 unmodified.\n", ["12"]),
        ("\n0 static files copied to '/s', 142 unmodified, 12 post-processed.\n", ["0"]),
        ("Found another file with the destination path '3 static files copied'\n", []),
    ],
)
def test_the_copied_files_are_counted(output: str, copied: list[str]) -> None:
    assert COPIED.findall(output) == copied


def test_the_applied_migrations_are_told_from_what_migrations_say() -> None:
    said = "  Applying shop.0002_add-foo... OK\n  Applying [tenant] ignored\n"
    assert APPLIED.findall(said) == ["shop.0002_add-foo"]


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, ""), (1, "m1"), (4, "m1, m2, m3, m4"), (5, "5 migrations, up to m4, m5")],
)
def test_many_migrations_are_summed_up(count: int, said: str) -> None:
    assert summary([f"m{number}" for number in range(1, count + 1)]) == said


HSTS = (
    "You have not set a value for the SECURE_HSTS_SECONDS setting. If your entire site is\nserved"
)


@pytest.mark.parametrize(
    ("warnings", "lines"),
    [
        ([], []),
        (
            [("security.W004", HSTS)],
            ["security.W004 You have not set a value for the SECURE_HSTS_SECONDS setting."],
        ),
        ([("", "Mind the gap")], ["Mind the gap"]),
        ([("b.W2", "Two."), ("a.W1", "One.")], ["a.W1 One.", "b.W2 Two."]),
        ([("shop.W001", "Mind the gap.")] * 3, ["shop.W001 Mind the gap. (3 times)"]),
        ([("shop.W001", "x" * 500)], [f"shop.W001 {'x' * 160}"]),
    ],
    ids=[
        "none",
        "one",
        "without an id",
        "two, as they are called",
        "the same for several models",
        "a long one",
    ],
)
def test_a_warning_is_told_by_its_id_and_its_first_sentence(
    warnings: list[tuple[str, str]], lines: list[str]
) -> None:
    assert warning_lines(warnings) == lines


def test_of_very_many_kinds_of_warnings_the_first_are_told() -> None:
    lines = warning_lines([(f"shop.W{number:03}", "Mind it.") for number in range(12)])
    assert (len(lines), lines[-1]) == (11, "and 2 other kinds")
