//! How `#[wavetank::test]` runs: a tank for each seed, one thread, and a footer when it fails. The macro calls [`run`].
//!
//! The runtime has one thread, so that the order of tasks is the same each time; a native function's code runs on a thread
//! of its own while that one waits for it.

use std::fmt::Debug;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::tank::{Tank, footer};

/// One seed instead of the test's own.
pub const SEED_VARIABLE: &str = "WAVETANK_SEED";
/// A range of seeds instead of the test's own: `0..1000`.
pub const SEEDS_VARIABLE: &str = "WAVETANK_SEEDS";

/// Which seeds a test runs with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seeds {
    /// One.
    One(u64),
    /// Each of them, in order, until one fails.
    Each(Range<u64>),
}

impl Seeds {
    /// `seeds = 0..20`.
    pub const fn range(seeds: Range<u64>) -> Self {
        Self::Each(seeds)
    }

    fn each(&self) -> Range<u64> {
        match self {
            Self::One(seed) => *seed..seed.saturating_add(1),
            Self::Each(seeds) => seeds.clone(),
        }
    }

    /// What the environment says instead, if it says anything.
    fn instead(seed: Option<&str>, seeds: Option<&str>) -> Result<Option<Self>, String> {
        if let Some(text) = seed {
            let seed = text.trim().parse().map_err(|_| format!("{SEED_VARIABLE}={text} is no seed"))?;
            return Ok(Some(Self::One(seed)));
        }
        let Some(text) = seeds else { return Ok(None) };
        let ends = text.split_once("..").and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
        let (from, to) =
            ends.ok_or_else(|| format!("{SEEDS_VARIABLE}={text} is no range such as 0..1000"))?;
        Ok(Some(Self::Each(from..to)))
    }
}

/// What the macro knows of a test.
#[derive(Clone, Debug)]
pub struct Case {
    /// With its path.
    pub name: &'static str,
    /// The package of the test.
    pub package: &'static str,
    /// The folder of its Cargo.toml.
    pub folder: &'static str,
    /// As the attribute says.
    pub seeds: Seeds,
    /// Whether services throttle as AWS does.
    pub strict: bool,
}

impl Case {
    /// The command that runs this test alone with this seed.
    fn replay(&self, seed: u64) -> String {
        let name = self.name.split_once("::").map_or(self.name, |(_, path)| path);
        format!("{SEED_VARIABLE}={seed} cargo test -p {} {name}", self.package)
    }
}

/// What a test may answer.
pub trait Outcome {
    /// Why it failed, if it did.
    fn failure(self) -> Option<String>;
}

impl Outcome for () {
    fn failure(self) -> Option<String> {
        None
    }
}

impl<E: Debug> Outcome for Result<(), E> {
    fn failure(self) -> Option<String> {
        self.err().map(|error| format!("the test answered an error: {error:?}"))
    }
}

/// Runs a test once for each of its seeds. Panics with the first that fails, after the footer.
#[expect(clippy::print_stderr, reason = "a test's runner shows it under the failure")]
pub fn run<O: Outcome>(case: &Case, test: impl AsyncFn(Tank) -> O) {
    let variable = |name: &str| std::env::var(name).ok();
    let (seed, seeds) = (variable(SEED_VARIABLE), variable(SEEDS_VARIABLE));
    let instead = Seeds::instead(seed.as_deref(), seeds.as_deref()).unwrap_or_else(|why| panic!("{why}"));
    let seeds = instead.unwrap_or_else(|| case.seeds.clone()).each();
    for seed in seeds.clone() {
        let (told, ended) = run_seed(case, seed, &test);
        if let Err(panic) = ended {
            eprintln!("{told}");
            if seeds.end - seeds.start > 1 {
                eprintln!(
                    "seed {seed} of {}..{} failed; the later ones were not run",
                    seeds.start, seeds.end
                );
            }
            resume_unwind(panic);
        }
    }
}

/// The footer, if it failed, and how it ended.
fn run_seed<O: Outcome>(
    case: &Case,
    seed: u64,
    test: &impl AsyncFn(Tank) -> O,
) -> (String, std::thread::Result<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime of one thread");
    let builder = Tank::builder().seed(seed).folder(case.folder).replay(case.replay(seed));
    let tank = if case.strict { builder.strict_limits().build() } else { builder.build() };
    let ended = catch_unwind(AssertUnwindSafe(|| {
        if let Some(failure) = runtime.block_on(test(tank.clone())).failure() {
            panic!("{failure}");
        }
    }));
    let mut told = String::new();
    if ended.is_err() {
        // A service that panicked has poisoned the world: then there is no more to tell than its own words.
        let footer = catch_unwind(AssertUnwindSafe(|| runtime.block_on(footer(&tank))));
        told = match footer {
            Ok(Ok(text)) => text,
            _ => format!("seed {seed}; the tank cannot be looked at any more\nreplay: {}", case.replay(seed)),
        };
    }
    tank.close();
    (told, ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: Case = Case {
        name: "pipeline::orders::arrive",
        package: "pipeline",
        folder: ".",
        seeds: Seeds::Each(3..6),
        strict: false,
    };

    #[test]
    fn the_replay_command_names_package_and_test() {
        assert_eq!(CASE.replay(7), "WAVETANK_SEED=7 cargo test -p pipeline orders::arrive");
    }

    #[test]
    fn the_environment_says_which_seeds_instead() {
        let check = |seed: Option<&str>, seeds: Option<&str>, expected: Result<Option<Seeds>, &str>| {
            assert_eq!(Seeds::instead(seed, seeds), expected.map_err(str::to_owned));
        };
        check(None, None, Ok(None));
        check(Some("7"), None, Ok(Some(Seeds::One(7))));
        check(None, Some("2..4"), Ok(Some(Seeds::Each(2..4))));
        check(Some("x"), None, Err("WAVETANK_SEED=x is no seed"));
        check(None, Some("7"), Err("WAVETANK_SEEDS=7 is no range such as 0..1000"));
    }

    #[test]
    fn each_seed_has_a_tank_of_its_own_until_one_fails() {
        let seen = std::sync::Mutex::new(Vec::new());
        let test = async |tank: Tank| {
            tank.s3().create_bucket().bucket("lake").send().await.map_err(|_| "taken")?;
            seen.lock().expect("no panic").push(tank.seed());
            if tank.seed() == 4 { Err("four") } else { Ok(()) }
        };
        let ended = catch_unwind(AssertUnwindSafe(|| run(&CASE, test)));
        let said = ended.expect_err("seed 4 fails").downcast::<String>().expect("a text");
        assert_eq!(*said, "the test answered an error: \"four\"");
        assert_eq!(*seen.lock().expect("no panic"), [3, 4]);
    }

    #[test]
    fn the_footer_tells_seed_time_calls_and_the_failing_function() {
        let test = async |tank: Tank| {
            let fails = tank.function("clean", async |_: serde_json::Value, context: crate::Context| {
                context.log("looking");
                Err::<(), _>("no colour")
            });
            fails.create().await.map_err(|error| error.to_string())?;
            fails.invoke::<()>(&0).await.map_err(|error| error.to_string())
        };
        let (told, ended) = run_seed(&CASE, 7, &test);
        assert!(ended.is_err());
        for part in [
            "seed 7",
            "tank time 2026-01-05T00:0",
            "lambda Invoke 200",
            "function `clean` failed",
            "  | looking",
            "[ERROR] Error: no colour",
            "replay: WAVETANK_SEED=7 cargo test -p pipeline orders::arrive",
        ] {
            assert!(told.contains(part), "{part}\n{told}");
        }
    }
}
