//! `wavetank generate` and `wavetank list`.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use wavetank_generators::event_revenue::{Oracle, write_truth_json, write_truth_parquet};
use wavetank_generators::fashion_store::{StoreOptions, StoreProfile};
use wavetank_generators::registry::{PROFILES, ProfileInfo};
use wavetank_generators::write::WriteError;
use wavetank_generators::{EventRevenue, Format, Profile, kdg, write_rows};
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
    for (name, rows) in profile.tables() {
        let path = place.file(name);
        let format = place.format;
        let written = create(&path, |file| written(&path, write_rows(&rows, format, threads, file)))?;
        println!("{}: {} rows, {} bytes", path.display(), written.rows, written.bytes);
    }
    if !args.no_truth {
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
    let store = &args.store;
    let options = StoreOptions {
        users: store.users,
        products: store.products,
        orders: store.orders,
        days: store.days,
        first_day: store.first_day.map(|date| date.0),
        locale: store.locale,
        prices: store.prices,
        arrivals: store.arrivals,
    };
    Profile::open_with(&args.profile, args.rows, Seed(args.seed), defects, &options)
        .map_err(|error| Failure::Usage(error.to_string()))
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
        let is_folder = profile.tables().len() > 1 || out.is_dir() || out.to_string_lossy().ends_with('/');
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
