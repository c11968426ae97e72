//! `wavetank generate` and `wavetank list`.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use wavetank_generators::event_revenue::{Oracle, write_truth_json, write_truth_parquet};
use wavetank_generators::registry::PROFILES;
use wavetank_generators::write::WriteError;
use wavetank_generators::{EventRevenue, Format, Profile, kdg, write};
use wavetank_scenarios::{NAMES, Scenario};
use wavetank_types::Seed;

use crate::args::GenerateArgs;
use crate::failure::Failure;
use crate::whole_file::create;

pub(crate) fn list() -> Result<ExitCode, Failure> {
    println!("scenarios (wavetank run NAME)");
    for name in NAMES {
        let scenario = Scenario::open(name).map_err(|error| Failure::Failed(error.to_string()))?;
        println!("  {name:<16} {}", scenario.summary);
        for (variant, details) in &scenario.variants {
            println!("    --variant {variant:<12} {}", details.summary);
        }
    }
    println!("\nprofiles (wavetank generate NAME --out FILE)");
    for profile in &PROFILES {
        println!("  {:<16} {} ({} columns)", profile.name, profile.summary, profile.columns.len());
    }
    println!("  {:<16} {}", kdg::NAME, kdg::SUMMARY);
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn generate(args: &GenerateArgs) -> Result<ExitCode, Failure> {
    if let Some(template) = args.template.as_deref().filter(|_| args.profile == kdg::NAME) {
        return crate::kdg::generate(args, template);
    }
    let Some(out) = &args.out else {
        let hint = "write a file with --out; only kdg is sent";
        return Err(Failure::Usage(format!("profile {} cannot be sent\nhint: {hint}", args.profile)));
    };
    let usage = |error: &dyn std::fmt::Display| Failure::Usage(error.to_string());
    let defects = args.defects.clone().unwrap_or_default().defects;
    let profile =
        Profile::open(&args.profile, args.rows, Seed(args.seed), defects).map_err(|error| usage(&error))?;
    let format = format_of(args, out)?;
    let threads =
        args.threads.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);

    let written = create(out, |file| written(out, write(profile.table(), format, threads, file)))?;
    println!("{}: {} rows, {} bytes", out.display(), written.rows, written.bytes);
    if let Some(profile) = profile.with_truth().filter(|_| !args.no_truth) {
        write_truth(out, profile, threads)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn format_of(args: &GenerateArgs, out: &Path) -> Result<Format, Failure> {
    match &args.format {
        Some(name) => name.parse().map_err(|error: WriteError| Failure::Usage(error.to_string())),
        None => Format::of_path(&out.to_string_lossy()).ok_or_else(|| {
            let hint = "end the file's name in .csv, .ndjson or .parquet, or say --format";
            Failure::Usage(format!("{}: the ending gives no format\nhint: {hint}", out.display()))
        }),
    }
}

fn write_truth(out: &Path, profile: &EventRevenue, threads: NonZeroUsize) -> Result<(), Failure> {
    let beside = |ending: &str| PathBuf::from(format!("{}{ending}", out.display()));
    let (rows, sums) = (beside(".truth.parquet"), beside(".truth.json"));
    create(&rows, |file| written(&rows, write_truth_parquet(profile, threads, file)))?;
    let oracle = Oracle::of(profile, threads);
    create(&sums, |file| written(&sums, write_truth_json(profile, &oracle, file)))?;
    println!(
        "{}: what must become of each row\n{}: what queries must answer",
        rows.display(),
        sums.display()
    );
    Ok(())
}

/// What a writer's failure means for the person at the terminal.
fn written<T>(path: &Path, result: Result<T, WriteError>) -> Result<T, Failure> {
    result.map_err(|error| match error {
        WriteError::DefectNeedsCsv(_) | WriteError::NoSuchFormat(_) => Failure::Usage(error.to_string()),
        other => Failure::Failed(format!("{}: {other}\nhint: is there room on the disk?", path.display())),
    })
}
