"""Planted bugs in the viewer's page: what a person would see of them."""

from typing import Final

from tests.planted.fault import Fault

_VIEWER: Final = "liveshop/pages/viewer"
_SHARED: Final = "liveshop/pages/shared"
_STYLES: Final = "liveshop/pages/styles"
_OFFERS: Final = "liveshop/features/offers/page"
_STATES: Final = "tests/browser/test_viewer_states.py"
_LAYOUT: Final = "tests/browser/test_viewer_layout.py"
_VIDEO: Final = "tests/browser/test_viewer_video.py"
_WORDS: Final = "tests/browser/test_viewer_words.py"
_TRUTH: Final = "tests/browser/test_viewer_truth.py"

_PLACES: Final = (
    Fault(
        name="a phone on its side is laid out as one that stands",
        promise="on its side all of the card and the chat's box is on the screen",
        file=f"{_VIEWER}/layout.js",
        old='FLAT.matches ? "flat" : "phone"',
        new='FLAT.matches ? "phone" : "phone"',
        tests=(
            f"{_LAYOUT}::"
            "test_a_phone_on_its_side_has_the_card_next_to_the_video_and_all_of_it_on_screen",
        ),
    ),
    Fault(
        name="every video fills its place, however much is cut off",
        promise="a video is cut by a fifth at most",
        file=f"{_VIEWER}/fit.js",
        old='>= SEEN_MIN ? "cover" : "whole";',
        new='>= 0 ? "cover" : "whole";',
        tests=(f"{_VIDEO}::test_a_video_is_never_cut_by_more_than_a_fifth_and_has_no_black_bars",),
    ),
    Fault(
        name="a video that stands still is shown on",
        promise="a video without a frame leaves the product on screen",
        file=f"{_VIEWER}/video.js",
        old="setStalled(performance.now() - shownAt > NO_FRAME_MS);",
        new="setStalled(false);",
        tests=(
            f"{_VIDEO}::"
            "test_a_stream_that_stands_still_leaves_the_product_on_screen_until_it_goes_on",
        ),
    ),
    Fault(
        name="the sound lies over the name of the show",
        promise="the sound is an icon and covers no word",
        file=f"{_STYLES}/stage.css",
        old=".top-bar .tag {\n",
        new=".top-bar > .round {\n  position: absolute;\n  left: 8px;\n}\n\n.top-bar .tag {\n",
        tests=(f"{_VIDEO}::test_the_sound_is_an_icon_at_the_top_and_covers_no_word",),
    ),
    Fault(
        name="the line at the top may break",
        promise="the top is one line, whatever the numbers",
        file=f"{_STYLES}/stage.css",
        old="  z-index: 3;\n  inset: 0 0 auto;\n  display: flex;\n",
        new="  z-index: 3;\n  inset: 0 0 auto;\n  display: flex;\n  flex-wrap: wrap;\n",
        tests=(f"{_LAYOUT}::test_the_top_is_one_line_whatever_the_numbers",),
    ),
    Fault(
        name="the outcome of a tap is said below the card",
        promise="nothing that can be tapped moves when something is said",
        file=f"{_STYLES}/products.css",
        old=".offer {\n  display: flex;\n  flex-direction: column;\n",
        new=".offer {\n  display: flex;\n  flex-direction: column-reverse;\n",
        tests=(
            f"{_LAYOUT}::"
            "test_nothing_that_can_be_tapped_moves_while_the_card_says_what_came_of_a_tap",
        ),
    ),
)

_SAID: Final = (
    Fault(
        name="a row of the shelf counts units for itself",
        promise="card, row and sheet say the same of what can be bought",
        file=f"{_VIEWER}/shelf.js",
        old="productAvailability(shop.state.session, product, shop.now(), purchases);",
        new='{ kind: offer.left > 0 ? "buyable" : "gone", left: offer.left };',
        tests=(f"{_STATES}::test_card_row_and_sheet_say_the_same_of_a_sale_whose_units_are_taken",),
    ),
    Fault(
        name="a product has an availability after the show",
        promise="after the show all is closed, and nothing is called sold out",
        file=f"{_SHARED}/availability.js",
        old=(
            "export function productAvailability(session, product, nowMs, purchases = []) {\n"
            "  if (session.status in CLOSED) "
        ),
        new=(
            "export function productAvailability(session, product, nowMs, purchases = []) {\n"
            "  if (session.status === null) "
        ),
        tests=(
            f"{_STATES}::test_after_the_show_nothing_is_called_sold_out_and_what_is_left_is_shown",
        ),
    ),
    Fault(
        name="a snapshot does not say what is sold",
        promise="what was sold before one came is called sold out",
        file="liveshop/core/snapshot.py",
        old='        if variant["sku"] in sold_out:\n',
        new='        if variant["sku"] in sold_out and variant["left"]:\n',
        tests=(
            f"{_TRUTH}::"
            "test_what_was_sold_before_one_came_is_called_sold_out_and_what_is_in_carts_is_not",
        ),
    ),
    Fault(
        name="a refusal is read for good",
        promise="a page says nothing that is no longer so",
        file=f"{_VIEWER}/buy.js",
        old='(purchase?.state === "failed" && !holds(shop, purchase))',
        new="false",
        tests=(f"{_TRUTH}::test_a_refusal_is_read_only_while_it_is_so",),
    ),
    Fault(
        name="a viewer with “host” in the name has the look of one",
        promise="no viewer's line looks like a host's",
        file="liveshop/features/chat/page/viewer.js",
        old='  if (HOSTS.has(viewer.role)) return "by-host";',
        new='  if (HOSTS.has(viewer.role) || /host/i.test(viewer.name)) return "by-host";',
        tests=(f"{_STATES}::test_a_hosts_line_has_the_badge_and_the_look_of_a_host",),
    ),
    Fault(
        name="one's own message is shown when the server tells it",
        promise="one's own message is shown at once",
        file="liveshop/features/chat/page/saying.js",
        old="lines: [...chat, ...saying.filter(waits)]",
        new="lines: [...chat]",
        tests=(f"{_STATES}::test_ones_own_message_is_shown_at_once_and_once",),
    ),
    Fault(
        name="clocks and money follow the language of the page",
        promise="clocks and money are written as the person's device does",
        file=f"{_SHARED}/i18n.js",
        old="WORDS.has(kind) ? language : globalThis.navigator?.language ?? language;",
        new="language;",
        tests=(f"{_STATES}::test_clocks_and_money_are_written_as_the_persons_device_writes_them",),
    ),
)

_THERE: Final = (
    Fault(
        name="Buy does not say what it costs",
        promise="Buy says what a tap costs",
        file=f"{_VIEWER}/buy.js",
        old=': t("buy.now", { price });',
        new=': t("buy.buy");',
        tests=(
            f"{_STATES}::"
            "test_a_product_of_colours_and_sizes_is_chosen_in_two_rows_and_several_are_bought",
        ),
    ),
    Fault(
        name="a sheet with only the first picture",
        promise="a sheet has all pictures of its product",
        file=f"{_VIEWER}/product.js",
        old="new Set([product.image, ...more_images])",
        new="new Set([product.image])",
        tests=(
            "tests/browser/test_viewer_gallery.py"
            "::test_all_pictures_of_a_product_are_seen_by_buttons_by_keys_and_by_swiping",
        ),
    ),
    Fault(
        name="an order without its next step",
        promise="cart and orders have pictures, a total and the next step",
        file=f"{_VIEWER}/orders.js",
        old='      <p class="note">${t(`orders.next.${status}`)}</p>\n',
        new="",
        tests=(f"{_WORDS}::test_cart_and_orders_have_pictures_a_total_and_the_next_step",),
    ),
    Fault(
        name="nothing stands in the place of the card while nothing is pinned",
        promise="a show without a pin shows what comes",
        file=f"{_VIEWER}/now.js",
        old="  if (coming.length === 0) return null;",
        new="  if (coming.length === 0 || isOn) return null;",
        tests=(f"{_STATES}::test_a_show_without_a_pin_shows_three_products_that_come",),
    ),
    Fault(
        name="a live show without a video shows only its cover",
        promise="the stage is never black",
        file=f"{_VIEWER}/picture.js",
        old="pinnedImage(session) ?? cover;",
        new="cover;",
        tests=(f"{_STATES}::test_a_show_without_a_video_shows_the_picture_of_what_is_pinned",),
    ),
    Fault(
        name="a price that changes is just another one",
        promise="the digits that differ roll",
        file=f"{_VIEWER}/motion.js",
        old="if (was === text || document.hidden) return undefined;",
        new="if (was !== null) return undefined;",
        tests=(
            "tests/browser/test_viewer_motion.py"
            "::test_a_price_that_changes_rolls_the_digits_that_differ_and_shifts_nothing",
        ),
    ),
)

_WISHES: Final = (
    Fault(
        name="somebody without a token cannot be asked for a name",
        promise="the shared link buys after one question",
        file=f"{_VIEWER}/identity.js",
        old="  if (!way) return null;\n",
        new="  if (!way || !shop.token) return null;\n",
        tests=(
            "tests/browser/test_guests_page.py"
            "::test_the_shared_link_buys_after_one_question_and_is_not_asked_again",
        ),
    ),
    Fault(
        name="a purchase that was given up waits on",
        promise="nothing is bought that was given up",
        file="liveshop/features/guests/page/viewer.js",
        old="    if (!shop.token) keepWish(shop, null);",
        new="",
        tests=(f"{_TRUTH}::test_a_name_that_comes_later_buys_nothing_that_was_given_up",),
    ),
    Fault(
        name="the second call of a double click is another purchase",
        promise="a double click buys one, on other sites, too",
        file="liveshop/pages/client/shop.js",
        old="    if (twin && !again) return twin.rid;\n",
        new="",
        tests=(
            "tests/browser/test_embed.py"
            "::test_a_page_of_another_site_sells_with_the_lines_of_the_docs",
        ),
    ),
    Fault(
        name="a key for a poll is heard after its choices are painted",
        promise="a key counts from the moment on in which the question is there",
        file="liveshop/features/polls/page/viewer.js",
        old="  useLayoutEffect(() => {\n",
        new="  useEffect(() => {\n",
        tests=(
            "tests/browser/test_polls.py"
            "::test_a_key_counts_from_the_moment_on_in_which_the_question_is_there",
        ),
    ),
)

_OFFERED: Final = (
    Fault(
        name="a use that was spent is shown as kept",
        promise="a buyer counts on a discount that is gone",
        file=f"{_OFFERS}/state.js",
        old="  spent: gone,\n",
        new="",
        tests=(
            "tests/features/offers/test_page_state.py::test_a_taken_offer_is_kept_until_it_ends",
        ),
    ),
)

FAULTS: Final[tuple[Fault, ...]] = (*_PLACES, *_SAID, *_THERE, *_WISHES, *_OFFERED)
