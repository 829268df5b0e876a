from types import SimpleNamespace

import pytest

from tests.builders import make_cast


@pytest.fixture
def cast(db: None) -> SimpleNamespace:
    """The small company of units and people of tests/builders.py."""
    return make_cast()
