//! What the aggregates of `trades` must be: the newest version of each trade, summed at each level. Sums are exact.

use std::collections::BTreeMap;

use wavetank_generators::Trades;
use wavetank_transforms::trades::{Delta, Deltas, amount_text, level, levels};
use wavetank_types::Said;

use super::{Row, number, text};
use crate::check::oracle::Compared;

/// The sums by node.
#[derive(Clone, Debug)]
pub struct Truth {
    sums: Deltas,
}

impl Truth {
    /// Sums the newest versions.
    pub fn of(trades: &Trades) -> Self {
        let mut sums: BTreeMap<String, Delta> = BTreeMap::new();
        for message in trades.newest().values() {
            for node in levels(&message.place.join("::")) {
                let sum = sums.entry(node.to_owned()).or_default();
                sum.amount += i128::from(message.value);
                sum.trades += 1;
            }
        }
        Self { sums }
    }

    /// The rows that a query must answer, in its order. `None` if no oracle has this name.
    pub fn expected(&self, query: &str) -> Option<Vec<Row>> {
        let wanted = match query {
            "by-risk-type" => 1,
            "by-region" => 2,
            "by-desk" => 3,
            _ => return None,
        };
        let of_level = self.sums.iter().filter(|(node, _)| level(node) == wanted);
        let row = |(node, sum): (&String, &Delta)| {
            vec![text(node), number(sum.trades.unsigned_abs()), text(&amount_text(sum.amount))]
        };
        Some(of_level.map(row).collect())
    }

    /// More trades than there are come of batches that count twice; other sums of as many trades, of old versions.
    pub fn likely_cause(&self, queries: &[Compared]) -> Option<Said> {
        let top = queries.iter().find(|query| query.name == "by-risk-type")?;
        let count = |row: &Row| row.get(1)?.as_ref()?.parse::<i64>().ok();
        let found: i64 = top.answer.rows.iter().filter_map(count).sum();
        let expected: i64 =
            self.sums.iter().filter(|(node, _)| level(node) == 1).map(|(_, sum)| sum.trades).sum();
        Some(if found == expected {
            Said::new(
                "as many trades as there are, but not their newest versions: an older message overwrote a newer one",
                "đủ số giao dịch nhưng không phải phiên bản mới nhất: message cũ đã ghi đè message mới",
            )
        } else {
            Said::new(
                format!(
                    "the aggregates count {found} trades, there are {expected}: a function failed after it had written, was \
                     called again with the same batch, and counted it again; name a batch by its records, and put that name \
                     on the condition that it is new, in the same transaction as the sums"
                ),
                format!(
                    "kết quả đếm {found} giao dịch, thực tế có {expected}: hàm bị lỗi sau khi đã ghi, được gọi lại với cùng \
                     batch và cộng thêm lần nữa; hãy đặt tên batch theo các bản ghi của nó, và ghi tên đó với điều kiện chưa \
                     tồn tại, trong cùng transaction với các tổng"
                ),
            )
        })
    }
}
