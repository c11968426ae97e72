//! `wavetank doctor`: what this machine has, and what each missing thing is needed for.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use wavetank_emulator::executors::airflow::find_airflow;

use crate::failure::Failure;

/// A program that something of ours can use.
struct Program {
    name: &'static str,
    version: &'static [&'static str],
    used_for: &'static str,
    install: &'static str,
}

const PROGRAMS: [Program; 4] = [
    Program {
        name: "python3",
        version: &["--version"],
        used_for: "uploaded Lambda functions of python runtimes, Glue pythonshell jobs",
        install: "apt-get install python3",
    },
    Program {
        name: "node",
        version: &["--version"],
        used_for: "uploaded Lambda functions of nodejs runtimes",
        install: "apt-get install nodejs",
    },
    Program {
        name: "aws",
        version: &["--version"],
        used_for: "replaying a lab with the AWS command line",
        install: "pip install awscli",
    },
    Program {
        name: "docker",
        version: &["--version"],
        used_for: "docker-compose.yml: LocalStack and MinIO",
        install: "apt-get install docker.io",
    },
];

pub(crate) fn doctor() -> Result<ExitCode, Failure> {
    println!("`wavetank run` needs nothing but itself. What else this machine has:");
    for program in &PROGRAMS {
        match version(program) {
            Some(version) => println!("  found    {:<8} {version}", program.name),
            None => println!(
                "  missing  {:<8} for {}\n           hint: {}",
                program.name, program.used_for, program.install
            ),
        }
    }
    match wavetank_emulator::executors::postgres::find(None) {
        Ok(found) => println!("  found    {:<8} {} in {}", "postgres", found.version, found.bin.display()),
        Err(_) => println!(
            "  missing  {:<8} for RDS instances and the Data API\n           hint: {}",
            "postgres",
            wavetank_emulator::executors::postgres::INSTALL
        ),
    }
    match find_airflow() {
        Ok(found) => {
            let amazon = found
                .amazon
                .map_or("without the amazon provider".to_owned(), |version| format!("amazon {version}"));
            println!(
                "  found    {:<8} {} ({amazon}) of {}",
                "airflow",
                found.version,
                found.python.display()
            );
        }
        Err(missing) => println!("  missing  {:<8} for MWAA environments: {missing}", "airflow"),
    }
    let port = std::net::TcpListener::bind(("127.0.0.1", 4566));
    println!(
        "  port     4566     {}",
        if port.is_ok() { "free" } else { "taken: use `wavetank serve --port N`" }
    );
    Ok(ExitCode::SUCCESS)
}

/// The program's own first line about its version.
fn version(program: &Program) -> Option<String> {
    let path = on_path(program.name)?;
    let output = Command::new(path).args(program.version).output().ok()?;
    let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    String::from_utf8_lossy(&text).lines().next().map(str::to_owned)
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|candidate| candidate.is_file())
}
