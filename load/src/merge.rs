//! Several workers' loads as one: counters added, histograms joined.

use std::collections::BTreeSet;

use crate::saved::Saved;

/// Why loads do not go together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// No file.
    #[error("nothing to merge\nhint: `wavetank bench merge a.json b.json --out all.json`")]
    Nothing,
    /// Other options.
    #[error(
        "{file} was made with other options: {differs}\nhint: the workers of one load differ in --shard alone"
    )]
    OtherCommand {
        /// Which.
        file: String,
        /// What differs.
        differs: String,
    },
    /// The same worker's requests would count twice.
    #[error("{file} has worker {worker}, which another file has too\nhint: each worker's file is given once")]
    Twice {
        /// Which.
        file: String,
        /// The worker.
        worker: u32,
    },
}

/// Joins them. The second value lists workers that are missing.
pub fn merge(files: &[(String, Saved)]) -> Result<(Saved, Vec<u32>), MergeError> {
    let Some(((_, first), rest)) = files.split_first() else { return Err(MergeError::Nothing) };
    let mut all = first.clone();
    for (file, saved) in rest {
        let differs = crate::compare::differences(&first.command, &saved.command);
        if !differs.is_empty() {
            return Err(MergeError::OtherCommand { file: file.clone(), differs: differs.join(", ") });
        }
        if let Some(worker) = all.workers.intersection(&saved.workers).next() {
            return Err(MergeError::Twice { file: file.clone(), worker: *worker });
        }
        all.workers.extend(&saved.workers);
        all.tally.add(&saved.tally);
        all.took_ms = all.took_ms.max(saved.took_ms);
        all.interrupted |= saved.interrupted;
        all.generator.cpu_ms += saved.generator.cpu_ms;
        all.generator.waited_ms += saved.generator.waited_ms;
        all.generator.limit = all.generator.limit.take().or_else(|| saved.generator.limit.clone());
        if all.against != saved.against {
            all.against = format!("{}; {}", all.against, saved.against);
        }
        all.started = all.started.min(saved.started.clone());
        // Each worker looked at the server for itself, and perhaps at the same one.
        (all.server, all.stored) = (None, None);
    }
    let expected: BTreeSet<u32> = (0..all.command.workers).collect();
    let missing = expected.difference(&all.workers).copied().collect();
    Ok((all, missing))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saved::ServerUse;
    use crate::text::{self, Lang};

    #[test]
    fn workers_become_one_load_whose_server_is_said_to_be_nobodys() {
        let of = |worker: u32| {
            let mut saved = Saved::sample(worker, 3);
            saved.tally.counters.requests = 10;
            saved.server =
                Some(ServerUse { cpu_ms: 50, rss_bytes: 1, rss_peak_bytes: 1, instructions: None });
            (format!("worker-{worker}.json"), saved)
        };
        let (all, missing) = merge(&[of(0), of(2)]).expect("of one load");
        assert_eq!((all.tally.counters.requests, &missing[..]), (20, &[1][..]));
        assert_eq!(all.server, None);
        let said = text::to_text(&all, Lang::En);
        assert!(said.contains("CPU and memory are not joined"), "{said}");
        assert!(!said.contains("no process of this machine"), "{said}");
        assert!(text::to_text(&all, Lang::Vi).contains("không gộp CPU và bộ nhớ"));
        // One file alone keeps what its worker saw.
        let (one, _) = merge(&[of(1)]).expect("one");
        assert_eq!(one.server.map(|server| server.cpu_ms), Some(50));
    }
}
