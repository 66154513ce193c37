"""The offline analyst's words in English; offline_pt.py says how they are written."""

from __future__ import annotations

# Dimension → the member's noun alone, after the metric, as a subject, and in the plural; `@`: its name.
DIMENSIONS = {
    "product": ("product", "of product @", "product @", "products"),
    "category": ("category", "in the category @", "the category @", "categories"),
    "channel": ("channel", "in the channel @", "the channel @", "channels"),
    "state": ("state", "in the state @", "the state @", "states"),
    "payment_method": ("payment method", "paid by @", "the payment method @", "payment methods"),
    "store": ("store", "of store @", "store @", "stores"),
    "campaign": ("campaign", "of campaign @", "campaign @", "campaigns"),
    "platform": ("platform", "on platform @", "platform @", "platforms"),
    "source": ("source", "from source @", "source @", "sources"),
}
NO_DIMENSION = ("item", "of @", "@", "items")

DIRECTIONS = {
    "up": {
        "moved": "rose", "moving": "[has|have] been rising", "movement": "Upward trend", "more": "more",
        "beside": "above", "extreme": "the highest value",
    },
    "down": {
        "moved": "fell", "moving": "[has|have] been falling", "movement": "Downward trend", "more": "less",
        "beside": "below", "extreme": "the lowest value",
    },
    "none": {
        "moved": "changed by", "moving": "[has|have] been changing", "movement": "Trend", "more": "apart",
        "beside": "away from", "extreme": "a record value",
    },
}  # fmt: skip
COMPARED = {
    "previous_month": ("the previous month", "the same days of the previous month"),
    "same_month_last_year": ("the same month last year", "the same days last year"),
}
COMPARED_OTHERWISE = "the period it is compared with"
WHEN = ("in", "from")
OF = ""
PATH = ("from {{baseline}} in {{baseline_period}} to {{current}} in {{period}}", "from {{baseline}} to {{current}}")
ROWS = {"spend": "spend"}
OTHER_ROWS = "sales"
PARTIAL_DAYS = "Partial month; days compared: {{period}} with {{baseline_period}}."
PARTIAL_DATA = "Partial period: the data do not cover every day yet."

TEXTS = """
change | $subject $moved {{change_pct_size}} compared with $compared
| [It|They] went $path, a difference of {{change_abs_size}}.

change.parts | $subject $moved {{change_pct_size}} compared with $compared
| [It|They] went $path, a difference of {{change_abs_size}}. Of this, the number of orders accounts for
{{orders_effect}} and the value per order for {{ticket_effect}}.

driver | $subject $moved {{change_abs_size}} compared with $compared
| [It|They] went $path, the same way as the total. Weight in the overall change: {{contribution}}.

detractor | Against the total, $subject $moved {{change_abs_size}}
| [It|They] went $path. Weight in the overall change: {{contribution}}.

mix_shift | {{metric}} $moved {{change_abs_size}} along with a shift in the mix of $members
| [It|They] went $path. The shift of weight between $members equals {{mix_effect}};
the change within each $noun, {{rate_effect}}.

rank_change | $The_member $moved in the ranking, from place {{baseline}} to {{current}}
| Its sales $in_period were {{amount}}.

appeared | $The_member started to have $rows
| It had {{current}} $in_period, {{share}} of the total, and nothing $in_baseline.

disappeared | $The_member had no $rows $in_period
| $In_baseline it had {{baseline}}, {{share}} of the total.

trend | $movement of {{metric}} across {{months}} months
| [It|They] went $path, {{change_pct_size}} $more.

change_point | {{metric}} moved to a new level: {{change_pct_size}} $more a month
| The monthly average $in_period is {{current}}; before, it was {{baseline}}.

outlier | {{metric}} came in {{change_pct_size}} $beside the usual
| [It was|They were] {{current}} $in_period, while the monthly average is {{baseline}}. Check for a special event,
such as a sale, a holiday or an entry error.

seasonality | At this time of the year, {{metric}} [tends|tend] to be {{change_pct_size}} $beside the monthly average
| The pattern repeats in the history. Compare with the same month last year instead.

record | {{metric}} reached $extreme in {{months}} months
| [It was|They were] {{current}} $in_period. The record before was {{baseline}}, $in_baseline.

streak | {{metric}} $moving for {{months}} months in a row
| [It|They] went $path, {{change_pct_size}} $more.

concentration.member | $The_member holds {{share}} of {{metric}}
| There are {{members}} $members in all; any change there weighs on the result.

concentration | {{top}} of {{members}} $members hold {{share}} of {{metric}}
| Any change in that group weighs on the result.

roas_below_one | {{metric}} came in at {{current}}: sales did not cover the ads
| Ads took {{spend}} $in_period, and the sales of the same days did not reach that amount.

roas_below_target | {{metric}} came in at {{current}}, below the target
| Ads took {{spend}} $in_period; the sales of the same days did not reach the return that the organization expects.

roas_below_one.member | $The_member returned {{current}} and did not pay for itself
| It took {{spend}} $in_period. The conversion value that the platform claims does not cover that cost.

spend_without_conversions | $The_member spent {{spend}} without any conversions
| That is {{share}} of the ad spend $in_period.

refund_rate_high | {{metric}} came in at {{current}}, out of line with the usual {{baseline}}
| Returns $in_period come to {{amount}}. It is worth a look at which products came back.

roas_gap | Platforms claim a ROAS of {{claimed}}; your sales show {{verified}}
| The difference is {{change_abs_size}}. They measure different things: the verified figure counts all of your
sales, the claimed figure what each platform counts as a sale of its ads.

partial_sales | Partial month: sales run to day {{days}}
| The figures $in_period will still change until the month closes. Always compare the same days.

partial_ads | Partial month: ads data for {{days}} [days:day|days]
| The ads figures $in_period will still change with the days to come.

missing_source | $The_member has no sales $in_period
| $In_baseline it had {{baseline}}, {{share}} of the total. If a file is missing, the totals are incomplete.

mirror_source | $The_member repeats sales: {{share}} of its orders are in another source
| They make {{amount}} that stays out of the totals, so that no sale counts again.

quarantine | {{records}} [records:line is|lines are] in quarantine
| Until this is corrected, the figures $in_period do not include it. Lines accepted in the same month: {{lines}}.

restated | {{metric}} $in_period changed after publication
| The published value was {{baseline}}; it is now {{current}}.

provisional_conversions | Conversions still provisional: {{current}}, {{share}} of the total
| Platforms may still revise them, and the ads figures $in_period change along.

other_currency | There are sales of {{current}} in another currency
| That amount $in_period stands apart: the totals only use the currency of the organization.
"""

RECOMMENDATIONS = {
    "review_bid": "Suggestion: review the bids and the budget of the campaign.",
    "pause_zero_conversion": "Suggestion: check that conversions are being measured; if they are, pause the campaign.",
    "shift_budget": "Suggestion: consider moving budget to the campaigns with the best return.",
    "check_stock": "Suggestion: check the stock, and that the product is still listed.",
    "review_price": "Suggestion: review prices and what orders are made of.",
    "review_discount": "Suggestion: review the policy of discounts and coupons.",
    "investigate_channel": "Suggestion: find out what changed in this sales channel.",
    "wait_month_close": "Suggestion: wait for the month to close before deciding.",
    "check_tracking": "Suggestion: check the conversion tags and the attribution windows.",
}
