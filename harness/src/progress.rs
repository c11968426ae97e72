//! What a long run tells whoever watches. The command line draws it; a test ignores it.

/// What the run is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the stage of its name")]
pub enum Stage {
    Provision,
    Generate,
    Upload,
    Send,
    Job,
    Crawl,
    Query,
    Observe,
    Check,
}

/// Told of each stage as it begins, and of how far it has come where that is known.
pub trait Progress: Send + Sync {
    /// A stage begins. `total` counts what the stage does, if it is known.
    fn begin(&self, stage: Stage, total: Option<u64>);

    /// The stage waits for this, such as `job clean (at most 2 h)`. Told where the target's time is real.
    fn waits(&self, _what: &str) {}

    /// The stage has done this much of its total.
    fn at(&self, done: u64);

    /// A line that whoever waits should read, such as what a server lacks.
    fn say(&self, _line: &str) {}
}

/// Nobody watches.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _stage: Stage, _total: Option<u64>) {}

    fn at(&self, _done: u64) {}
}
