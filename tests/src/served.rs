//! A tank behind a port, and the programs that talk to it: for tests with genuine clients.
//!
//! A test skips aloud where a program is missing; `.ci/run` installs all.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and skips aloud")]

use std::net::SocketAddr;
use std::process::{Command, Output};
use std::time::Duration;

use wavetank::natives;
use wavetank_emulator::{Tank, server};
use wavetank_types::Seed;

use crate::on_path;

/// A tank behind a port, as `wavetank serve` makes it, and the runtime that serves it.
#[derive(Debug)]
pub struct Served {
    /// What serves it.
    pub runtime: tokio::runtime::Runtime,
    /// The tank itself.
    pub tank: Tank,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Served {
    /// A fresh tank on a free port, in real time.
    pub fn start() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (tank, address) = runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let tank = natives::register_scripts(Tank::builder().seed(Seed(7)).real_time()).build();
            tank.set_endpoint(Some(format!("http://{address}")));
            let served = tank.clone();
            tokio::spawn(async move { server::serve(&served, listener, std::future::pending()).await });
            (tank, address)
        });
        Self { runtime, tank, address }
    }

    /// Moves the tank's time on.
    pub fn advance(&self, span: Duration) {
        self.runtime.block_on(self.tank.advance(span));
    }

    /// A program that finds the tank as AWS's clients look for it.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let endpoint = format!("http://{}", self.address);
        command
            .env("AWS_ENDPOINT_URL", &endpoint)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_PAGER", "")
            .env_remove("AWS_SESSION_TOKEN")
            .env_remove("AWS_PROFILE");
        if program.ends_with("aws") {
            command.args(["--endpoint-url", &endpoint]);
        }
        command
    }

    /// The `aws` command line, whatever comes of it.
    pub fn try_aws(&self, args: &[&str]) -> Output {
        self.command("aws").args(args).output().unwrap()
    }

    /// What a command that must succeed prints.
    pub fn aws(&self, args: &[&str]) -> String {
        let output = self.try_aws(args);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "aws {}\n{out}{err}", args.join(" "));
        out.trim().to_owned()
    }

    /// Asks again, moving the tank's time on, until the answer is `wanted`.
    pub fn await_answer(&self, wanted: &str, args: &[&str]) {
        let mut seen = Vec::new();
        for _ in 0..60 {
            let answer = self.aws(args);
            if answer == wanted {
                return;
            }
            seen.push(answer);
            self.advance(Duration::from_secs(30));
        }
        panic!("aws {} never answered {wanted}: {seen:?}", args.join(" "));
    }
}

/// Whether one of these programs is missing; says so.
pub fn skips(programs: &[&str]) -> bool {
    let missing: Vec<&&str> = programs.iter().filter(|program| on_path(program).is_none()).collect();
    if !missing.is_empty() {
        eprintln!("SKIPPED: {missing:?} not on PATH; .ci/run installs what this test needs");
    }
    !missing.is_empty()
}

/// Whether the machine's Python has this module; says so if not.
pub fn python_has(module: &str) -> bool {
    let found = Command::new("python3").args(["-c", &format!("import {module}")]).output();
    let has = found.is_ok_and(|output| output.status.success());
    if !has {
        eprintln!("SKIPPED: python3 has no {module}; .ci/run installs what this test needs");
    }
    has
}
