//! `wavetank doctor`: what this machine has, and what each missing thing is needed for.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use wavetank_emulator::executors::airflow::find_airflow;
use wavetank_emulator::executors::postgres;

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
        used_for: "`run --target containers`, docker-compose.yml: LocalStack, MinIO, PostgreSQL",
        install: "apt-get install docker.io",
    },
];

pub(crate) fn doctor() -> Result<ExitCode, Failure> {
    println!("`wavetank run` needs nothing but itself. What else this machine has:");
    for program in &PROGRAMS {
        match version(program) {
            Some(version) => {
                println!("  found    {:<8} {version}", program.name);
                if let Some(advice) = advice(&version) {
                    println!("           hint: {advice}");
                }
            }
            None => println!(
                "  missing  {:<8} for {}\n           hint: {}",
                program.name, program.used_for, program.install
            ),
        }
    }
    match postgres::find(None) {
        Ok(found) => println!("  found    {:<8} {} in {}", "postgres", found.version, found.bin.display()),
        Err(_) => println!(
            "  missing  {:<8} for RDS instances and the Data API\n           hint: {}",
            "postgres",
            postgres::INSTALL
        ),
    }
    println!("           {} names a folder with others", postgres::FOLDER_VARIABLE);
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

/// What one should know of this version of the AWS command line: where it looks for a service.
///
/// Recorded: 1.45.11, 1.46.2 and 2.9.19, tried on 2026-11-28. Documented: AWS_ENDPOINT_URL since 1.29 and 2.13
/// (docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html, to be verified).
fn advice(version: &str) -> Option<&'static str> {
    let numbers = version.strip_prefix("aws-cli/")?.split(['.', ' ']);
    let mut numbers = numbers.map_while(|number| number.parse::<u32>().ok());
    match (numbers.next()?, numbers.next()?) {
        (1, ..29) | (2, ..13) => {
            Some("it does not know AWS_ENDPOINT_URL: give it --endpoint-url http://127.0.0.1:4566 each time")
        }
        (1, _) => {
            Some("for sqs and rds give it --endpoint-url http://127.0.0.1:4566; it looks for them at AWS")
        }
        _ => None,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_command_lines_need_a_word() {
        let check = |version: &str, said: Option<&str>| {
            let advice = advice(version);
            assert!(
                said.map_or(advice.is_none(), |said| advice.is_some_and(|it| it.contains(said))),
                "{version}"
            );
        };
        check("aws-cli/1.46.2 Python/3.11.7", Some("sqs and rds"));
        check("aws-cli/2.9.19 Python/3.11.2", Some("AWS_ENDPOINT_URL"));
        check("aws-cli/1.22.1 Python/3.9", Some("AWS_ENDPOINT_URL"));
        check("aws-cli/2.15.0 Python/3.11", None);
        check("Python 3.11.7", None);
    }
}
