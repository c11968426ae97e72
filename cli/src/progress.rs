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
}

impl Terminal {
    /// Wipes what was drawn.
    pub(crate) fn end(&self) {
        if let Some(bar) = self.take() {
            bar.finish_and_clear();
        }
    }

    fn take(&self) -> Option<ProgressBar> {
        self.bar.lock().expect("nothing panics while it holds the bar").take()
    }
}

impl Progress for Terminal {
    fn begin(&self, stage: Stage, total: Option<u64>) {
        self.end();
        if !std::io::stderr().is_terminal() {
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

    fn at(&self, done: u64) {
        if let Some(bar) = &*self.bar.lock().expect("nothing panics while it holds the bar") {
            bar.set_position(done);
        }
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
