"""Faults in what merchants bring: who sees it, what it costs, and how many units there are."""

from typing import Final

from tests.planted.fault import Fault

_SHAPES: Final = "tests/features/catalogue_import/test_real_shapes.py"

FAULTS: Final = (
    Fault(
        name="a draft is read by anyone who knows its id",
        promise="drafts are not public: a product is seen before its merchant shows it",
        file="liveshop/edge/http/products.py",
        old="    if not (hidden or product.is_public):\n",
        new="    if not (hidden or product.is_public or True):\n",
        tests=(
            "tests/edge/http/test_products.py"
            "::test_only_hosts_see_what_is_not_public_and_how_it_is_marked",
        ),
    ),
    Fault(
        name="drafts stand in everyone's list",
        promise="drafts are not public: the catalogue shows what is not on sale",
        file="liveshop/stores/postgres/catalogue.py",
        old="limit + 1, shop, hidden, _LISTED + 1)",
        new="limit + 1, shop, True, _LISTED + 1)",
        tests=(
            "tests/edge/http/test_products.py"
            "::test_only_hosts_see_what_is_not_public_and_how_it_is_marked",
        ),
    ),
    Fault(
        name="a file that says nothing of a draft publishes it",
        promise="drafts are not public: a list of prices shows everyone what is not on sale",
        file="liveshop/core/catalogue.py",
        old="            status=product.status or kept.status,\n",
        new='            status=product.status or "active",\n',
        tests=(f"{_SHAPES}::test_a_draft_stays_one_until_a_file_says_otherwise",),
    ),
    Fault(
        name="a currency has the decimals that the browser says",
        promise="an amount is shown as a hundredth or a thousand times another",
        file="liveshop/pages/shared/i18n.js",
        old="  return digitsOf.get(currency)\n    ?? format(",
        new="  return format(",
        tests=(
            "tests/pages/test_money.py::test_every_currency_is_written_with_the_servers_decimals",
        ),
    ),
    Fault(
        name="a price that can be read in two ways is read in one",
        promise="a thing for 1.99 is on sale for 1,990, or the other way round",
        file="liveshop/core/money.py",
        old="        if currency_digits(currency):\n            raise BadRequest(",
        new="        if currency_digits(currency) > 9:\n            raise BadRequest(",
        tests=("tests/core/test_money.py::test_a_price_is_read_in_its_currency_or_refused",),
    ),
    Fault(
        name="an inventory has the units of its last location only",
        promise="units that are in the shop are not on sale, or those of one place twice",
        file="liveshop/features/catalogue_import/inventory.py",
        old="            counted.units = (counted.units or 0) + units\n",
        new="            counted.units = units\n",
        tests=(f"{_SHAPES}::test_an_inventory_sets_the_units_summed_over_locations",),
    ),
    Fault(
        name="a second variant with a SKU takes the first one's place",
        promise="P1: the units of two variants are sold as those of one",
        file="liveshop/features/catalogue_import/products.py",
        old="        elif sku in self._skus:\n",
        new="        elif sku in self._skus and False:\n",
        tests=(f"{_SHAPES}::test_the_report_of_a_file_is_exact",),
    ),
    Fault(
        name="a dollar sign taken for any currency without a sign",
        promise="a thing for 5 dollars is on sale for 5 Swiss francs",
        file="liveshop/core/money.py",
        old="    if mark == _DOLLAR:\n        return currency in _WITH_DOLLAR\n",
        new="    if mark == _DOLLAR:\n"
        "        return not any(currency in codes for codes in _SIGNS.values())\n",
        tests=("tests/core/test_money.py::test_what_is_not_a_price_is_refused_with_its_reason",),
    ),
    Fault(
        name="separators within quotes count as separators",
        promise="a file whose header has a list within quotes is taken apart at the list's signs",
        file="liveshop/features/catalogue_import/csv_rows.py",
        old='    unquoted = b"".join(first.split(b\'"\')[::2])\n',
        new="    unquoted = first\n",
        tests=(
            "tests/features/catalogue_import/test_csv_rows.py"
            "::test_separators_within_quotes_separate_nothing",
        ),
    ),
)
