"""pytest's part for all tests here: what does not depend on how busy the machine is, and what nobody walks through.

Modules, items and reports are some 300,000 objects that stay to the end, and the garbage collector's walks through them
were a sixth of the whole run, for many a test asks whether it left something behind. What a test makes is collected as
ever.
"""

from __future__ import annotations

import gc

import pytest
from hypothesis import HealthCheck, settings

# An example may take as long as it takes: on a busy machine the slowest of thousands is no fault of the code.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")


@pytest.fixture(autouse=True, scope="module")
def _what_stays_is_out_of_sight() -> None:
    """For each module anew: a test that freezes and unfreezes for itself brings all of it back."""
    gc.collect()
    gc.freeze()
