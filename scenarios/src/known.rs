//! Names that a scenario may say and that are made elsewhere: the kinds of faults, and the checks as reports name them.

/// What `[[sim.exclude]]` may name: the kinds of faults that simulations draw. A test of the harness holds them equal.
pub const FAULT_KINDS: [&str; 23] = [
    "throttle",
    "partial",
    "server-error",
    "slow",
    "lost",
    "duplicate",
    "expired-iterator",
    "crash-before",
    "crash-after",
    "timeout-before",
    "timeout-after",
    "redelivery",
    "outage",
    "out-of-order",
    "region",
    "stall",
    "clock-askew",
    "job-before",
    "job-after",
    "crawl-fails",
    "query-fails",
    "query-slow",
    "job-slow",
];

/// What `[[sim.skip]]` may name: every check of `[[check]]` but `metamorphic`, which simulations do not ask.
pub(crate) const SKIPPED: [&str; 14] = [
    "conserved",
    "oracle",
    "schema",
    "partition",
    "landed",
    "order",
    "freshness",
    "replay",
    "jobs",
    "unblocked",
    "nulls",
    "snapshot",
    "files",
    "logs",
];
