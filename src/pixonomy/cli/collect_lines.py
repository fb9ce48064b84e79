"""Words what `collect` returns in lines for people."""

from pixonomy.results.collection_results import CollectPlanResult, CollectResult

_MOST_NAMED = 5


def outcome_lines(result: CollectResult) -> list[str]:
    """Tell what was collected, what was not and why, and where it lies."""
    counts = [
        f"{result.kept:,} kept in all",
        f"{result.duplicates:,} duplicates",
        f"{result.refused:,} refused",
        f"{result.failed:,} failed",
    ]
    if result.waiting:
        counts.append(f"{result.waiting:,} still waiting")
    lines = [f"{result.pictures:,} usable pictures in {result.manifest}; {', '.join(counts)}."]
    refused = list(result.refused_by_reason.items())
    if refused:
        named = "; ".join(f"{count:,} {reason}" for reason, count in refused[:_MOST_NAMED])
        others = len(refused) - _MOST_NAMED
        lines.append(f"Refused: {named}{f'; {others:,} more reasons' if others > 0 else ''}.")
    missing = result.usable_shortfall
    if missing:
        worst = sorted(missing.items(), key=lambda one: -one[1])[:_MOST_NAMED]
        named = ", ".join(f"{keyword} ({count:,})" for keyword, count in worst)
        more = f" and {len(missing) - len(worst):,} more" if len(missing) > len(worst) else ""
        lines.append(f"Fewer usable pictures than wanted: {named}{more}.")
    return [
        *lines,
        f"Look at them: {result.page}",
        f"Credits to publish: {result.credits}",
    ]


def plan_lines(result: CollectPlanResult) -> list[str]:
    """Tell what would be asked for."""
    lines = [f"{result.keywords:,} keywords want {result.pictures:,} pictures."]
    for one in result.providers:
        asked = f"{'pages' if one.is_one_host else 'interface'} {_time(one.interface_hours)}"
        lines.append(
            f"{one.provider} alone: {one.pictures:,} pictures at most, {one.requests:,} "
            f"requests, {_time(one.hours)} or more ({asked}, "
            f"pictures {_time(one.media_hours)} from one host); training: {one.terms}, "
            f"{one.terms_url}"
        )
    plan = result.plan
    if len(result.providers) > 1:
        lines.append(
            f"In turn: {plan.pictures:,} pictures at most, {plan.requests:,} requests, "
            f"{_time(plan.hours)} or more."
        )
    if plan.shortfall:
        lines.append(f"{plan.shortfall:,} of those wanted are beyond what they give.")
    return lines


def _time(hours: float) -> str:
    if hours < 1 / 60:
        return f"{3600 * hours:.0f} s"
    return f"{60 * hours:.0f} min" if hours < 2 else f"{hours:,.1f} h"
