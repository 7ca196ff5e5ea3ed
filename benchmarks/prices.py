"""List prices, from the one dated file that has them."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, HttpUrl

FILE = Path(__file__).with_name("prices.yaml")


class Tier(BaseModel):
    """What `units` cost, up to so many in a month; without a limit, all further ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    usd: float
    up_to: float | None = None


class Price(BaseModel):
    """What something costs, and the page that says so."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    of: str
    units: float
    tiers: Sequence[Tier]
    source: HttpUrl

    def of_a_month(self, quantity: float) -> float:
        """The dollars for so much in a month, each tier at its price."""
        dollars, below = 0.0, 0.0
        for tier in self.tiers:
            above = quantity if tier.up_to is None else min(quantity, tier.up_to)
            dollars += max(0.0, above - below) / self.units * tier.usd
            below = above
        return dollars

    def in_the_first_tier(self, quantity: float) -> float:
        """The dollars for so much, as if it were the month's first."""
        return quantity / self.units * self.tiers[0].usd


class PriceList(BaseModel):
    """All prices of a region, by their names."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    region: str
    as_of: date
    prices: Mapping[str, Price]

    def __getitem__(self, name: str) -> Price:
        return self.prices[name]


@cache
def price_list() -> PriceList:
    """The list that the file has."""
    return PriceList.model_validate(yaml.safe_load(FILE.read_text()))
