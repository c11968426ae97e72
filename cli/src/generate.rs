//! `wavetank generate` and `wavetank list`.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use wavetank_generators::event_revenue::{Oracle, write_truth_json, write_truth_parquet};
use wavetank_generators::fashion_store::{StoreOptions, StoreProfile};
use wavetank_generators::registry::{PROFILES, ProfileInfo};
use wavetank_generators::write::WriteError;
use wavetank_generators::{EventRevenue, Format, Profile, Rows, kdg, write_rows};
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
        println!("  {:<16} {} ({})", profile.name, profile.summary, columns(profile));
    }
    println!("  {:<16} {}", kdg::NAME, kdg::SUMMARY);
    Ok(ExitCode::SUCCESS)
}

/// `13 columns`, or of several tables: `orders 4, order_details 4 columns`.
fn columns(profile: &ProfileInfo) -> String {
    let one = |(name, columns): &(&str, &[_])| match profile.tables {
        [_] => columns.len().to_string(),
        _ => format!("{name} {}", columns.len()),
    };
    format!("{} columns", profile.tables.iter().map(one).collect::<Vec<_>>().join(", "))
}

pub(crate) fn generate(args: &GenerateArgs) -> Result<ExitCode, Failure> {
    if let Some(template) = args.template.as_deref().filter(|_| args.profile == kdg::NAME) {
        return crate::kdg::generate(args, template);
    }
    let profile = open(args)?;
    if let Some(sink) = &args.to {
        return crate::send::send(args, &profile, sink);
    }
    let Some(out) = &args.out else {
        return Err(Failure::Usage("say where to: --out FILE or --to SINK".to_owned()));
    };
    let threads =
        args.threads.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
    let place = Place::of(args, &profile, out)?;
    for (name, rows) in asked_tables(args, &profile)? {
        let path = place.file(name);
        let format = place.format;
        let written = create(&path, |file| written(&path, write_rows(&rows, format, threads, file)))?;
        println!("{}: {} rows, {} bytes", path.display(), written.rows, written.bytes);
    }
    // The truth is of the profile as a whole.
    if !args.no_truth && args.table.is_none() {
        match &profile {
            Profile::EventRevenue(profile) => write_truth(&place, profile, threads)?,
            Profile::FashionStore(profile) => write_store_truth(&place, profile, threads)?,
            Profile::PeopleVi(_) | Profile::Shop(_) | Profile::Trades(_) => {}
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn open(args: &GenerateArgs) -> Result<Profile, Failure> {
    let defects = args.defects.clone().unwrap_or_default().defects;
    Profile::open_with(&args.profile, args.rows, Seed(args.seed), defects, &store_options(args))
        .map_err(|error| Failure::Usage(error.to_string()))
}

/// What is said of a store.
pub(crate) fn store_options(args: &GenerateArgs) -> StoreOptions {
    let store = &args.store;
    StoreOptions {
        users: store.users,
        products: store.products,
        orders: store.orders,
        days: store.days,
        first_day: store.first_day.map(|date| date.0),
        locale: store.locale,
        prices: store.prices,
        arrivals: store.arrivals,
    }
}

/// The tables of the profile, or the one that was asked for.
pub(crate) fn asked_tables<'a>(
    args: &GenerateArgs,
    profile: &'a Profile,
) -> Result<Vec<(&'static str, Rows<'a>)>, Failure> {
    let mut tables = profile.tables();
    if let Some(asked) = &args.table {
        let names: Vec<&str> = tables.iter().map(|(name, _)| *name).collect();
        if !names.contains(&asked.as_str()) {
            let (profile, names) = (&args.profile, names.join(", "));
            return Err(Failure::Usage(format!(
                "profile {profile} has no table `{asked}`; there are {names}"
            )));
        }
        tables.retain(|(name, _)| name == asked);
    }
    Ok(tables)
}

/// Where files go: one file by its name, or files by their tables' names into a folder.
struct Place {
    path: PathBuf,
    is_folder: bool,
    format: Format,
}

impl Place {
    /// Several tables always go into a folder; one does if the folder exists or the path ends as one.
    fn of(args: &GenerateArgs, profile: &Profile, out: &Path) -> Result<Self, Failure> {
        let is_folder =
            asked_tables(args, profile)?.len() > 1 || out.is_dir() || out.to_string_lossy().ends_with('/');
        let asked = args.format.as_deref().map(str::parse).transpose();
        let asked = asked.map_err(|error: WriteError| Failure::Usage(error.to_string()))?;
        let by_ending = || Format::of_path(&out.to_string_lossy()).filter(|_| !is_folder);
        let format = asked.or_else(by_ending).or(is_folder.then_some(Format::Csv)).ok_or_else(|| {
            let hint = "end the file's name in .csv, .ndjson, .parquet or .copy, or say --format";
            Failure::Usage(format!("{}: the ending gives no format\nhint: {hint}", out.display()))
        })?;
        if is_folder {
            std::fs::create_dir_all(out).map_err(|cause| Failure::file(out, &cause))?;
        }
        Ok(Self { path: out.to_owned(), is_folder, format })
    }

    fn file(&self, table: &str) -> PathBuf {
        if self.is_folder {
            return self.path.join(format!("{table}.{}", self.format));
        }
        self.path.clone()
    }

    /// A file beside a table's.
    fn beside(&self, table: &str, ending: &str) -> PathBuf {
        PathBuf::from(format!("{}{ending}", self.file(table).display()))
    }
}

fn write_truth(place: &Place, profile: &EventRevenue, threads: NonZeroUsize) -> Result<(), Failure> {
    let name = wavetank_generators::event_revenue::NAME;
    let (rows, sums) = (place.beside(name, ".truth.parquet"), place.beside(name, ".truth.json"));
    create(&rows, |file| written(&rows, write_truth_parquet(profile, threads, file)))?;
    let oracle = Oracle::of(profile, threads);
    create(&sums, |file| written(&sums, write_truth_json(profile, &oracle, file)))?;
    tell_truth(&rows, &sums);
    Ok(())
}

fn write_store_truth(place: &Place, profile: &StoreProfile, threads: NonZeroUsize) -> Result<(), Failure> {
    let part = profile.part();
    if !part.has_truth() {
        return Ok(());
    }
    let sums = match part.tables() {
        [(name, _)] => place.beside(name, ".truth.json"),
        _ => place.path.join("truth.json"),
    };
    create(&sums, |file| written(&sums, profile.write_truth_json(threads, file)))?;
    let Some(clicks) = profile.clickstream() else {
        println!("{}: what queries must answer", sums.display());
        return Ok(());
    };
    let rows = place.beside("clickstream", ".truth.parquet");
    create(&rows, |file| written(&rows, clicks.write_truth(file)))?;
    tell_truth(&rows, &sums);
    Ok(())
}

fn tell_truth(rows: &Path, sums: &Path) {
    let (rows, sums) = (rows.display(), sums.display());
    println!("{rows}: what must become of each row\n{sums}: what queries must answer");
}

/// What a writer's failure means for the person at the terminal.
fn written<T>(path: &Path, result: Result<T, WriteError>) -> Result<T, Failure> {
    result.map_err(|error| match error {
        WriteError::DefectNeedsCsv(_) | WriteError::DriftNeedsNdjson(_) | WriteError::NoSuchFormat(_) => {
            Failure::Usage(error.to_string())
        }
        other => Failure::Failed(format!("{}: {other}\nhint: is there room on the disk?", path.display())),
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Args, Command};

    /// Runs `wavetank generate` in a folder, and answers the files that it left there, with their first lines.
    fn check(line: &str) -> Result<Vec<(String, String)>, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let line = line.replace("DIR", &folder.path().display().to_string());
        let words = ["wavetank", "generate"].into_iter().chain(line.split_whitespace());
        let args = Args::try_parse_from(words).map_err(|error| error.to_string())?;
        let Command::Generate(args) = args.command else { panic!("{line}") };
        generate(&args).map_err(|failure| failure.to_string())?;
        let mut files = Vec::new();
        for file in std::fs::read_dir(folder.path()).expect("the folder") {
            let file = file.expect("a file");
            let bytes = std::fs::read(file.path()).expect("its bytes");
            let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let name = file.file_name().to_string_lossy().into_owned();
            files.push((name, String::from_utf8_lossy(first).into_owned()));
        }
        files.sort();
        Ok(files)
    }

    fn names(line: &str) -> Vec<String> {
        check(line).expect(line).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn several_tables_go_into_a_folder_and_one_where_it_is_told() {
        assert_eq!(
            names("fashion-store --rows 100 --out DIR --format ndjson"),
            [
                "clickstream.ndjson",
                "clickstream.ndjson.truth.parquet",
                "order_details.ndjson",
                "orders.ndjson",
                "products.ndjson",
                "truth.json",
                "users.ndjson"
            ]
        );
        assert_eq!(names("purchases --rows 5 --out DIR"), ["order_details.csv", "orders.csv", "truth.json"]);
        assert_eq!(names("users --rows 5 --out DIR"), ["users.csv"]);
        assert_eq!(names("users --rows 5 --out DIR/people.copy"), ["people.copy"]);
        assert_eq!(
            names("event-revenue --rows 5 --out DIR/e.csv"),
            ["e.csv", "e.csv.truth.json", "e.csv.truth.parquet"]
        );
        assert_eq!(names("fashion-store --rows 100 --table orders --out DIR/o.csv"), ["o.csv"]);
    }

    #[test]
    fn what_is_said_of_a_store_is_so() {
        let first = |line: &str| check(line).expect(line)[0].1.clone();
        assert!(first("users --rows 3 --locale us --out DIR/u.copy").contains("\\n"), "two lines");
        let clicks = first("clickstream --rows 50 --first-day 2026-09-09 --no-truth --out DIR/c.ndjson");
        assert!(clicks.contains("\"timestamp\": \"2026-09-09 "), "{clicks}");
        let line = first("fashion-store --rows 100 --prices whole --table order_details --out DIR/d.copy");
        assert!(!line.contains('.'), "{line}");
    }

    #[test]
    fn what_cannot_be_made_is_refused_by_name() {
        let refused = |line: &str, why: &str| {
            let error = check(line).expect_err(line);
            assert!(error.contains(why), "{line}: {error}");
        };
        refused("nothing --out DIR/x.csv", "no profile is named `nothing`");
        refused("users --out DIR/x.txt", "the ending gives no format");
        refused("users --defects late=0.1 --out DIR/x.csv", "does not make `late`");
        refused("users --orders 5 --out DIR/x.csv", "profile users has no orders");
        refused(
            "clickstream --defects consumer-duplicate=0.1 --to sqs:q",
            "does not make `consumer-duplicate`",
        );
        refused("shop --users 3 --out DIR/x.csv", "no part of a fashion store");
        refused("fashion-store --table carts --out DIR/x.csv", "has no table `carts`");
        refused("clickstream --orders 20 --rows 10 --out DIR/x.csv", "as many clicks at least");
        refused("clickstream --arrivals often --out DIR/x.csv", "no way of arriving");
        refused("purchases --to sqs:q", "several tables");
    }
}
