from datapilot_domain.insights.draft import *


def recommendation_text(r, locale):
    return ""


def offline_draft(fact, locale):
    f = next(q.field for q in fact.quantities)
    part = "" if fact.is_complete else (" parcial" if locale == "pt-BR" else " partial")
    return Draft(
        claim_fact_id=fact.id,
        headline="{{metric}}: {{value}}" + part,
        body="Em {{period}}.",
        bindings=tuple(
            Binding(slot=s, fact_id=fact.id, field=g)
            for s, g in (("metric", "metric"), ("value", f), ("period", "period"))
        ),
        direction=fact.claim.direction,
    )
