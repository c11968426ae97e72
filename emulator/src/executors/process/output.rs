//! What a process writes to stdout and stderr: one pipe for both, so that the order is kept, cut into log events.

use std::os::fd::OwnedFd;

use tokio::net::unix::pipe::Receiver;

/// Bytes of one log event; longer lines are cut. Assumed: as on AWS before events could be 1 MB.
const LINE_BYTES_MAX: usize = 262_144;

/// Bytes kept of one invocation's lines. Ours, so that a runaway loop does not fill the memory.
const LINES_BYTES_MAX: usize = 16 * 1_024 * 1_024;

/// The reading end, and what has been read and not been taken.
#[derive(Debug)]
pub(super) struct Outlet {
    pipe: Receiver,
    open: bool,
    partial: Vec<u8>,
    lines: Vec<String>,
    kept: usize,
    dropped: u64,
}

impl Outlet {
    pub(super) fn new(reader: std::io::PipeReader) -> std::io::Result<Self> {
        let pipe = Receiver::from_owned_fd(OwnedFd::from(reader))?;
        Ok(Self { pipe, open: true, partial: Vec::new(), lines: Vec::new(), kept: 0, dropped: 0 })
    }

    /// Reads what comes, until something has come. Never comes back once the pipe has ended.
    pub(super) async fn read(&mut self) {
        let mut buffer = [0; 8_192];
        loop {
            if !self.open || self.pipe.readable().await.is_err() {
                std::future::pending::<()>().await;
            }
            match self.pipe.try_read(&mut buffer) {
                Ok(0) => self.open = false,
                Ok(count) => return self.push(&buffer[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => self.open = false,
            }
        }
    }

    /// Reads what is in the pipe now: what the process wrote before it answered is there.
    pub(super) fn read_rest(&mut self) {
        let mut buffer = [0; 8_192];
        while self.open {
            match rustix::io::read(&self.pipe, &mut buffer[..]) {
                Ok(0) => self.open = false,
                Ok(count) => self.push(&buffer[..count]),
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return,
            }
        }
    }

    /// The lines so far, each with its end. A last line without one is taken too.
    pub(super) fn take(&mut self) -> Vec<String> {
        if !self.partial.is_empty() {
            self.end_line("");
        }
        if self.dropped > 0 {
            let line = format!("wavetank: {} more bytes were written and are not kept\n", self.dropped);
            self.lines.push(line);
        }
        (self.kept, self.dropped) = (0, 0);
        std::mem::take(&mut self.lines)
    }

    /// How many whole lines there are.
    pub(super) fn count(&self) -> usize {
        self.lines.len()
    }

    fn push(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if *byte == b'\n' {
                self.end_line("\n");
            } else {
                self.partial.push(*byte);
                if self.partial.len() == LINE_BYTES_MAX {
                    self.end_line("");
                }
            }
        }
    }

    /// A carriage return within a line is a line end within one event: our runtimes, as those of AWS, write it so.
    fn end_line(&mut self, end: &str) {
        let bytes = std::mem::take(&mut self.partial);
        if self.kept + bytes.len() > LINES_BYTES_MAX {
            self.dropped += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            return;
        }
        self.kept += bytes.len();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let whole = match text.strip_suffix('\r') {
            // Ended softly: the event has no line end of its own.
            Some(event) if event.contains('\r') => event.replace('\r', "\n"),
            Some(line) => format!("{line}{end}"),
            None => format!("{}{end}", text.replace('\r', "\n")),
        };
        self.lines.push(whole);
    }
}
