//! The report as one JSON object. Keys and their order are part of what users rely on.

use serde_json::{Value, json};

use super::Report;
use crate::check::Verdict;
use crate::cost;

impl Report {
    /// The object that `--json` prints. Costs are US dollars, times milliseconds.
    pub fn to_json(&self) -> Value {
        let ledger = &self.ledger;
        let checks = self.findings.iter().map(|finding| {
            json!({
                "name": finding.name,
                "ok": finding.verdict != Verdict::Failed,
                "detail": finding.detail,
                "verdict": finding.verdict,
                "examples": finding.examples,
                "cause": finding.cause,
            })
        });
        let queries = self.queries.iter().map(|query| {
            json!({
                "name": query.name,
                "columns": query.columns,
                "rows": query.rows,
                "ok": query.ok,
                "failure": query.failure,
                "not_run": query.not_run,
            })
        });
        json!({
            "scenario": self.scenario,
            "variant": self.variant,
            "seed": self.seed,
            "target": self.target,
            "notes": self.notes,
            "ok": self.is_ok(),
            "ledger": {
                "generated": ledger.generated,
                "delivered": ledger.delivered,
                "rejected": ledger.rejected.values().sum::<u64>(),
                "rejected_by_reason": ledger.rejected,
                "dlq": ledger.dlq,
                "expired": ledger.expired,
                "in_flight": ledger.in_flight,
                "duplicates": ledger.duplicates,
                "anomalies": ledger.anomalies,
            },
            "edges": self.edges,
            "checks": checks.collect::<Vec<_>>(),
            "queries": queries.collect::<Vec<_>>(),
            "cost_usd": rounded(self.cost.usd()),
            "cost": { "as_of": self.cost.as_of, "items": self.cost.items, "unpriced": self.cost.unpriced, "without": cost::WITHOUT.0 },
            "replay": self.replay,
            "tank_ms": u64::try_from(self.tank_ms).unwrap_or(u64::MAX),
            "wall_ms": u64::try_from(self.wall_ms).unwrap_or(u64::MAX),
        })
    }
}

/// To the hundred-thousandth of a dollar: more would be a pretence.
fn rounded(usd: f64) -> f64 {
    (usd * 1e5).round() / 1e5
}
