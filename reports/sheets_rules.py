"""What Excel itself checks in the cells of a report while they are filled in."""

from openpyxl.worksheet.datavalidation import DataValidation


def whole_number_rule(first: str) -> DataValidation:
    """A whole number from 0 on, or *không phát sinh*; ``first`` is the first cell to which it is applied."""
    rule = DataValidation(
        type="custom",
        # IF and not OR: of a text, INT is an error, and OR of an error is one too.
        formula1=(
            f"IF(ISNUMBER({first}),AND({first}>=0,{first}=INT({first})),"
            f'OR(TRIM({first})="KPS",TRIM({first})="Không phát sinh"))'
        ),
        allow_blank=True,
        showErrorMessage=True,
        showInputMessage=True,
    )
    rule.errorTitle, rule.error = "Chưa đúng", "Hãy ghi số nguyên từ 0 trở lên. Nếu không phát sinh, hãy ghi KPS."
    rule.promptTitle, rule.prompt = "Số nguyên", "Ghi số nguyên từ 0 trở lên. Nếu không phát sinh, ghi KPS."
    return rule
