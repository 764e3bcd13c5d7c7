"""Pages of price offers made into Python objects, products and all: the least that any reader must do.

parse_prices.py PAGES_FOLDER
"""
import glob
import json
import os
import sys
import time

from peak_rss import peak_rss_bytes


def main():
    started = time.perf_counter()
    kept = []
    for path in sorted(glob.glob(os.path.join(sys.argv[1], "*.json"))):
        with open(path, encoding="utf-8") as page:
            kept.append([json.loads(item) for item in json.load(page)["PriceList"]])
    seconds = time.perf_counter() - started
    rows = sum(len(items) for items in kept)
    print(json.dumps({"rows": rows, "seconds": seconds, "rssBytes": peak_rss_bytes()}))


main()
