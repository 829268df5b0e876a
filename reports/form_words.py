"""Forms in words: the rule of a check as one sentence, groups, answers, levels."""

from django.utils.formats import number_format

from reports.models import FormCheck, FormItem, ItemKind

Kind, Part = FormCheck.Kind, FormCheck.Part


def figure_in_words(item: FormItem, part: str) -> str:
    """The figure of which a rule speaks: "tử số của “Cán bộ được truyền thông”"."""
    before = f"{Part(part).label} của " if item.kind == ItemKind.SHARE else ""
    return f"{before}“{item.label}”"


def rule_in_words(check: FormCheck) -> str:
    """The rule as one sentence, without what happens when it does not hold."""
    figure = figure_in_words(check.item, check.part)
    figure = figure[:1].upper() + figure[1:]
    match check.kind:
        case Kind.ITEM if check.other:
            return f"{figure} {check.get_operator_display()} {figure_in_words(check.other, check.other_part)}."
        case Kind.BOUND:
            return f"{figure} {check.get_operator_display()} {number_format(check.bound or 0, force_grouping=True)}."
        case Kind.DROP:
            return f"{figure} không giảm quá {percent(check)} so với kỳ trước."
    return f"{figure} không tăng quá {percent(check)} so với kỳ trước."


def percent(check: FormCheck) -> str:
    return f"{number_format(check.percent or 0, force_grouping=True)} %"


def consequence(check: FormCheck) -> str:
    """What happens when the rule does not hold."""
    if check.severity == FormCheck.Severity.STOP:
        return "Không đạt thì không nộp được."
    return "Không đạt thì phải giải trình."


def rule_with_consequence(check: FormCheck) -> str:
    own = f" Lời nhắc: “{check.message}”" if check.message else ""
    return f"{rule_in_words(check)} {consequence(check)}{own}"


def names(rows: list[dict[str, str]]) -> str:
    """Groups or answers in a row."""
    return "; ".join(row.get("name", "") for row in rows)
