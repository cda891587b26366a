#!/usr/bin/env python3
"""Computes the table of docs/SCALING.md: pods, database, disk and dollars for a number of pages a day.

    docs/sizing.py                     # the table as it stands in the document
    docs/sizing.py --page-kb 12        # with another mean size of a page on the wire

What was measured and what is assumed is said beside each number below. Put your own prices in.
"""
import argparse

# Measured by `make bench-fleet` (docs/BENCHMARK.md): 20,000 pages of 30 KB, two of each service over Postgres, RabbitMQ and S3.
CPU_SECONDS = 0.45 / 1000   # all services together, a page; on a quiet machine
ROW_BYTES = 2620            # rows and indices in Postgres, a page
PUTS, MESSAGES, TRANSACTIONS = 11.3 / 1000, 50.1 / 1000, 45.1 / 1000

# Assumed.
DATABASE_SECONDS = 0.5e-3   # CPU of the database a page
PEAK = 2.0                  # the busiest hour against the mean
BUSY = 0.6                  # a pod is planned to be so busy
LATENCY = 0.5               # seconds that a page takes on the way; what a worker waits for, not what it computes
OPEN_REQUESTS = 1000        # requests that one worker keeps open

# List prices in dollars, us-east-1, rounded; yours differ.
VCPU_HOUR = 0.0504          # m7i, on demand
DATABASE_VCPU_HOUR = 0.168  # RDS db.m7g, two zones
BROKER_HOUR = 3 * 0.30      # Amazon MQ mq.m7g.large, three nodes
DISK_GB_MONTH = 0.23        # RDS gp3, two zones
STORE_GB_MONTH = 0.023      # S3 standard
PUT = 0.005 / 1000          # S3
NAT_GB = 0.045              # NAT gateway
FIXED_DAY = (0.10 + 3 * 0.045 + 7 * 3 * 0.01) * 24  # cluster, NAT gateways, private endpoints


def row(pages, page_kb, days):
    """One line: what so many pages a day need, with raw pages and rows kept for so many days."""
    rate = pages / 86400
    cores = rate * PEAK * CPU_SECONDS / BUSY
    workers = max(2, round(rate * PEAK * LATENCY / OPEN_REQUESTS + 0.5))
    parsers = max(2, round(cores * 0.73 + 0.5))
    database = max(2, 2 * round(rate * PEAK * DATABASE_SECONDS / BUSY / 2 + 0.5))
    raw_gb = pages * page_kb * 1000 / 1e9
    rows_gb = pages * ROW_BYTES / 1e9
    servers = max(6, 2 * round(cores / 2 + 0.5)) * VCPU_HOUR * 24 + database * DATABASE_VCPU_HOUR * 24 + BROKER_HOUR * 24 + FIXED_DAY
    traffic = raw_gb * NAT_GB + pages * PUTS * PUT
    kept = raw_gb * days * STORE_GB_MONTH / 30 + rows_gb * days * DISK_GB_MONTH / 30
    dollars = servers + traffic + kept
    return [
        f"{pages / 1e6:,.0f} million", f"{rate:,.0f}", f"{cores:,.2f}", f"{workers} / {parsers}", f"{database}", f"{rate * TRANSACTIONS:,.0f}",
        f"{rate * MESSAGES:,.0f}", f"{raw_gb:,.0f}", f"{rows_gb:,.0f}", f"{servers:,.0f}", f"{traffic:,.0f}", f"{kept:,.0f}", f"{dollars / (pages / 1e6):,.2f}",
    ]


def table(page_kb, days):
    head = ["pages a day", "pages/s", "vCPU at peak", "workers / parsers", "database vCPU", "transactions/s", "messages/s", "raw GB a day", "rows GB a day",
            "servers $/day", "traffic $/day", f"{days} days kept $/day", "$ a million pages"]
    lines = [head, ["---"] * len(head)] + [row(n * 1e6, page_kb, days) for n in (1, 10, 100, 1000)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page-kb", type=float, default=30, help="mean size of a page on the wire and in the archive, compressed")
    parser.add_argument("--days", type=int, default=30, help="how long raw pages and rows are kept")
    args = parser.parse_args()
    print(table(args.page_kb, args.days))


if __name__ == "__main__":
    main()
