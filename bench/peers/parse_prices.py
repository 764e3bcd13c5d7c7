"""Pages of price offers made into Python objects, products and all: the least that any reader must do.

parse_prices.py PAGES_FOLDER
"""
import glob
import json
import os
import resource
import sys
import time


def peak_rss_bytes():
    """The most memory this process has held; Linux says it of this program alone."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


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
