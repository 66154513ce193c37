"""The rules that right figures keep, in our own words. Tests name the rule that they hold."""

from __future__ import annotations

from typing import NamedTuple


class DomainRule(NamedTuple):
    title: str
    text: str


RULES: dict[str, DomainRule] = {
    "R1": DomainRule(
        "The bytes are kept",
        "The exact bytes of every file are kept under their sha256, with name, organization, source and time of "
        "arrival. Nothing is ever written over them.",
    ),
    "R2": DomainRule(
        "Identity is bytes and declaration",
        "Bytes that were accepted change nothing when they come again, under any name or source, and the answer says "
        "where they are loaded. The same bytes with a new declaration are a new entry. What was refused, held or "
        "waiting is decided again.",
    ),
    "R3": DomainRule(
        "Nothing disappears without being asked for",
        "A file merges. Removal is declared: `complete=` (the whole month of its source; parts act together), "
        "`replaces=` (all that the latest accepted file of that name contributed) or the source's setting. A header "
        "alone under `complete=` makes the month zero. Orders that a merging file covers and no longer has are kept "
        "and reported with their amount. A file name never replaces anything.",
    ),
    "R4": DomainRule(
        "The unit of merge is the order",
        "Within organization, source and store the newest version of an order replaces it whole, whatever month it "
        "was in; each return is a unit of its own. Part invoicing keeps an older line when both versions carry line "
        "numbers and the newer has neither that number nor that date. A version with only a total never removes "
        "lines. Newer is the declared time, else arrival.",
    ),
    "R5": DomainRule(
        "A file name is a hint only",
        "What a file is follows from its content. No name, folder or extension decides how it is read or what it "
        "replaces.",
    ),
    "R6": DomainRule(
        "Content says how it is written",
        "Byte order mark, compression, workbooks, HTML, pointers and zero bytes are recognised by content. Text is "
        "read as its mark says, else strict UTF-8, else cp1252, else cp850 where its header then is known, else "
        "refused.",
    ),
    "R7": DomainRule(
        "Delimiter, decimal mark and date order are three decisions",
        "Each is found in the content, on its own: commas may delimit a file whose quoted numbers have decimal "
        "commas. A column that proves two marks is refused, never guessed.",
    ),
    "R8": DomainRule(
        "Date order comes from all rows",
        "Per column from every row, else from the organization's locale, and recorded. Impossible dates, dates before "
        "the first month and dates more than a day after arrival go to quarantine.",
    ),
    "R9": DomainRule(
        "Codes are text",
        "Order numbers, product codes, documents and postal codes keep their leading zeros and every digit.",
    ),
    "R10": DomainRule(
        "Every record has exactly one fate",
        "records = accepted + superseded + quarantined + ignored, per file and per organization, source and month. "
        "Ignored are blanks, preamble, footers and totals, which are checked against their lines. A quarantined "
        "record names file, record, column and reason, masked, and is closed by its correction. A file without a "
        "good row is refused.",
    ),
    "R11": DomainRule(
        "A header is recognised or refused",
        "Saved mapping, then exact, then normalised, then by context; else refused with the list of what is missing. "
        "Two columns on one field are an error, but fees (summed), sku and category (listed priority). An absent "
        "amount stops the file; revenue is never invented.",
    ),
    "R12": DomainRule(
        "A lost column holds the file",
        "Against the source's last accepted layout: a new column is kept as an extra, with a notice; a column that "
        "money depends on and that is gone holds the file. An absent column gives null, an empty one zero or empty.",
    ),
    "R13": DomainRule(
        "Input is verbatim, exports are harmless",
        "What came in is kept as written. Every exported cell that a spreadsheet would run as a formula is "
        "neutralised.",
    ),
    "R14": DomainRule(
        "A file of another store is held",
        "At least ten orders shared with its source and more than half of them with another total: held, nothing "
        "changes, until the sender decides.",
    ),
    "R15": DomainRule(
        "Order-level amounts count once",
        "Discount, freight, tax and total of an order are spread over its lines to the cent, whether the export "
        "leaves them blank on later lines, repeats them or writes zero there. Totals and footers are not sales.",
    ),
    "R16": DomainRule(
        "Gross, and what it is not",
        "Gross revenue is the lines of positive quantity of paid orders before discount and freight. Returns, "
        "discounts, freight, fees and net are measures of their own. Without a discount column discounts are null "
        "and net is gross + returns, and the report says so.",
    ),
    "R17": DomainRule(
        "What is not paid stays out of revenue",
        "Open, cancelled, refused and unknown rows keep their amounts in their own measures. No status column at "
        "all counts as paid, and is said. Payment status beats order status, except cancelled. All measures "
        "together give all lines.",
    ),
    "R18": DomainRule(
        "A return is an event",
        "On its own date, negative, never an order, never over the sale. A return that shows only as a status gives "
        "the sale, kept, and a derived return row, flagged and outside conservation.",
    ),
    "R19": DomainRule(
        "Adjustments and gifts",
        "Stock adjustments, postage and fee rows stay out of gross, units and products, in a measure of their own. "
        "Gifts at price zero stay in products, units and paid orders, counted beside as gift units.",
    ),
    "R20": DomainRule(
        "Average ticket is per order",
        "Gross of rows with an order number, divided by distinct paid orders of (source, store, order); null where "
        "there is none. Lines are not orders.",
    ),
    "R21": DomainRule(
        "Equal lines can be real",
        "Lines without an order are told apart by date, product, quantity, amount and occurrence in their file. "
        "Nothing collapses in silence.",
    ),
    "R22": DomainRule(
        "Money is decimal",
        "From text to figure; rounding is for display, half up. Currencies are never added.",
    ),
    "R23": DomainRule(
        "The month is the local civil date",
        "Times without an offset are local to the organization, instants are converted. 23:40 on the 31st belongs to "
        "that month.",
    ),
    "R24": DomainRule(
        "Late rows restate visibly",
        "A closed month that changes is computed again; the earlier figure stays readable and the report says before "
        "and after.",
    ),
    "R25": DomainRule(
        "Sources add up only when they are disjoint",
        "A source counts, mirrors or is off; only what counts reaches the sums. A further source that nobody declared "
        "is compared order by order: a mirror from ten orders and 30 % matched, with an alert, else it counts and the "
        "share is shown. A declared role wins.",
    ),
    "R26": DomainRule(
        "An extraction is what was landed together",
        "One `land` call or one folder `set=ID`, with its time. Pages join; a page whose next has no follower waits. "
        "An extraction covers every day from its first to its last. On covered days the later one wins, whatever the "
        "order of landing, for every entity that it has; an entity that it does not have at all keeps its rows and is "
        "reported; one that it lacks on some covered days only loses those.",
    ),
    "R27": DomainRule(
        "One grain a day",
        "The key is platform, account, level, entity, day and every breakdown; names are attributes. Gold takes one "
        "level and breakdown set per account and day, campaigns first: levels are never added.",
    ),
    "R28": DomainRule(
        "One purchase is one conversion",
        "Platforms report one purchase under several action types. One set of types per organization counts; without "
        "one the first of `omni_purchase`, `purchase`, `offsite_conversion.fb_pixel_purchase` that the extraction "
        "has, for number and value alike, never chosen per row. The types and the window stand in the row.",
    ),
    "R29": DomainRule(
        "Conversions without delivery are kept",
        "A row with conversions and no cost is kept, its other metrics null. Conversions inside the attribution "
        "window are provisional, and the row says so.",
    ),
    "R30": DomainRule(
        "Ratios come from sums",
        "Ratios are computed from summed parts at the asked grain; ratio fields of the platforms are not read. A zero "
        "denominator gives null, 0 / positive gives 0.",
    ),
    "R31": DomainRule(
        "A week stands in the month of its Thursday",
        "Weeks are ISO: Monday to Sunday, labelled by the ISO year, whole across the month's end. A week is partial "
        "unless extractions of the account cover its seven days.",
    ),
    "R32": DomainRule(
        "Days are the account's",
        "Days stay in the ad account's time zone, which stands in the row.",
    ),
    "R33": DomainRule(
        "What is cut or summed never loads",
        "Rows of several days, summary rows, error bodies, truncated JSON and sets with a page missing never load as "
        "a complete extraction.",
    ),
    "R34": DomainRule(
        "Numbers and ids survive exactly",
        "Micros and ids are integers or decimals from end to end, whether the platform writes them as text or as "
        "numbers, in camelCase or snake_case.",
    ),
    "R35": DomainRule(
        "Removed campaigns keep their history",
        "What a platform no longer shows stays as it was; grains are not forced to agree with one another.",
    ),
    "R36": DomainRule(
        "Claimed and verified return are two figures",
        "Claimed: the value that the platform reports / spend. Verified: the organization's own gross revenue of the "
        "days that ads data cover / spend. Spend without sales data gives null with the reason; zero only where the "
        "month was declared complete.",
    ),
}
