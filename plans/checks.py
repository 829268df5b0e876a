"""System checks: what must be right on this machine before documents can be printed."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register

from plans.official.fonts import HOW_TO_INSTALL, FontNotFound, official_font


@register()
def official_font_has_vietnamese(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a font for official documents that lacks a Vietnamese letter, or none at all."""
    try:
        official_font()
    except FontNotFound as fault:
        return [Error(str(fault), hint=HOW_TO_INSTALL, id="plans.E001")]
    return []
