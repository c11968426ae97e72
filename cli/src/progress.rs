//! Progress on stderr, when it is a terminal: a spinner, or a bar where the total is known.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use wavetank::progress::{Progress, Stage};

/// How often a spinner turns.
const TURN: Duration = Duration::from_millis(100);

/// Draws the stage that a run is at.
#[derive(Debug, Default)]
pub(crate) struct Terminal {
    bar: Mutex<Option<ProgressBar>>,
    /// The seed, until it has been said: before anything begins, and not before it is known that it can.
    seed: Mutex<Option<u64>>,
    /// Whether stages and waits are lines, where nothing can be drawn: for what takes real time.
    is_aloud: bool,
}

impl Terminal {
    /// Says the seed when the first stage begins.
    pub(crate) fn of_seed(seed: u64) -> Self {
        Self { seed: Mutex::new(Some(seed)), ..Self::default() }
    }

    /// The same, and says each stage and each wait as a line.
    #[must_use]
    pub(crate) fn aloud(self) -> Self {
        Self { is_aloud: true, ..self }
    }

    /// Wipes what was drawn.
    pub(crate) fn end(&self) {
        if let Some(bar) = self.take() {
            bar.finish_and_clear();
        }
    }

    /// Says the seed, once.
    fn say_seed(&self) {
        if let Some(seed) = self.seed.lock().expect("nothing panics while it holds the seed").take() {
            eprintln!("seed {seed}");
        }
    }

    fn take(&self) -> Option<ProgressBar> {
        self.bar.lock().expect("nothing panics while it holds the bar").take()
    }
}

impl Progress for Terminal {
    fn begin(&self, stage: Stage, total: Option<u64>) {
        self.end();
        self.say_seed();
        if !std::io::stderr().is_terminal() {
            if self.is_aloud {
                eprintln!("{}", name(stage));
            }
            return;
        }
        let bar = match total {
            Some(total) => {
                ProgressBar::new(total).with_style(style("{msg:<24} {bar:30} {human_pos}/{human_len}"))
            }
            None => ProgressBar::new_spinner().with_style(style("{msg:<24} {spinner} {elapsed}")),
        };
        bar.set_message(name(stage));
        bar.enable_steady_tick(TURN);
        *self.bar.lock().expect("nothing panics while it holds the bar") = Some(bar);
    }

    fn waits(&self, what: &str) {
        if !self.is_aloud {
            return;
        }
        let bar = self.bar.lock().expect("nothing panics while it holds the bar");
        match &*bar {
            Some(bar) => bar.set_message(format!("waiting for {what}")),
            None => eprintln!("waiting for {what}"),
        }
    }

    fn at(&self, done: u64) {
        if let Some(bar) = &*self.bar.lock().expect("nothing panics while it holds the bar") {
            bar.set_position(done);
        }
    }

    fn say(&self, line: &str) {
        self.end();
        self.say_seed();
        eprintln!("{line}");
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Provision => "creating the stack",
        Stage::Generate => "generating rows",
        Stage::Upload => "uploading",
        Stage::Send => "sending records",
        Stage::Job => "running the job",
        Stage::Crawl => "crawling",
        Stage::Query => "asking Athena",
        Stage::Observe => "reading what came out",
        Stage::Check => "checking",
    }
}
