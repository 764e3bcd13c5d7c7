"""The ancestor's way: a table in memory, a function called for every row.

pandas_rows.py JOURNAL_FOLDER PRICES_JSON OUT_PARQUET
"""
import glob
import json
import os
import sys

import pandas as pd

from peak_rss import peak_rss_bytes

METERS = ("input", "cache_read", "cache_write_5m", "cache_write_1h")


def load(folder):
    """Every line of the journal as a row."""
    rows = []
    for path in sorted(glob.glob(os.path.join(folder, "*.jsonl"))):
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                rows.append(json.loads(line))
    return pd.DataFrame(rows)


def price_rows(usage, prices):
    """Input and output cost of each row, USD per thousand tokens, as the ancestor works it out."""

    def price(row):
        rates = prices[row["model_requested"]]
        cost = 0.0
        for meter in METERS:
            cost += row[meter] / 1000 * rates.get(meter, 0.0)
        return cost, row["output"] / 1000 * rates["output"]

    costs = usage.apply(price, axis=1)
    usage["input_cost"], usage["output_cost"] = zip(*costs)
    return usage


def main(folder, price_file, out):
    with open(price_file, encoding="utf-8") as file:
        texts = json.load(file)
    prices = {
        model: {meter: float(rate) for meter, rate in rates.items()}
        for model, rates in texts.items()
    }
    usage = load(folder).drop_duplicates(subset=["id", "attempt"])
    # An empty object in every row is no Parquet type.
    usage = usage.drop(columns=["other"])
    usage = price_rows(usage, prices)
    usage.to_parquet(out, index=False)
    total = float(usage["input_cost"].sum() + usage["output_cost"].sum())
    print(json.dumps({"rows": len(usage), "cost": repr(total), "rssBytes": peak_rss_bytes()}))


main(*sys.argv[1:])
