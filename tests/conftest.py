"""pytest's part for all tests here: what stays to the end is taken out of the garbage collector's sight.

Modules, items and reports are some 300,000 objects, and walking through them again and again was a sixth of the whole
run, for many a test asks whether it left something behind. What a test makes is collected as ever.
"""

from __future__ import annotations

import gc

import pytest


@pytest.fixture(autouse=True, scope="module")
def _what_stays_is_out_of_sight() -> None:
    """For each module anew: a test that freezes and unfreezes for itself brings all of it back."""
    gc.collect()
    gc.freeze()
