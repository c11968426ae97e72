//! `[[step]]` and `[[upload]]`: tables that do one of several things, told apart by the keys that are there.
//!
//! Each is read as a form of all its keys, so that a wrong key or unit is refused for what it is, and becomes one of its
//! variants afterwards.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

use crate::quantity::some_duration;

/// A file of the folder, or an empty folder marker, put into S3.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "UploadForm")]
pub enum Upload {
    /// A file.
    File {
        /// Its path in the folder.
        file: String,
        /// `s3://bucket/key`.
        to: String,
    },
    /// An empty object whose key ends with a slash, as the console's "create folder" makes.
    Marker {
        /// `s3://bucket/folder/`.
        marker: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UploadForm {
    file: Option<String>,
    to: Option<String>,
    marker: Option<String>,
}

impl TryFrom<UploadForm> for Upload {
    type Error = String;

    fn try_from(form: UploadForm) -> Result<Self, String> {
        let cause = match form {
            UploadForm { file: Some(file), to: Some(to), marker: None } => {
                return Ok(Self::File { file, to });
            }
            UploadForm { file: None, to: None, marker: Some(marker) } => return Ok(Self::Marker { marker }),
            UploadForm { marker: Some(_), .. } => "an upload is a `marker` or a `file`, not both",
            UploadForm { file: Some(_), .. } => "the upload of a file needs `to`",
            UploadForm { to: Some(_), .. } => "the upload has a `to` and no `file`",
            UploadForm { .. } => "the upload has neither a `file` nor a `marker`",
        };
        let hint = "write file = \"PATH\" and to = \"s3://BUCKET/KEY\", or marker = \"s3://BUCKET/FOLDER/\"";
        Err(format!("{cause}\nhint: {hint}"))
    }
}

/// One step after the input has arrived.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "StepForm")]
pub enum Step {
    /// Waits until the runs of a Glue job have ended. The input must have started one.
    Job {
        /// The job's name.
        job: String,
        /// Longest wait in tank time.
        within: Duration,
    },
    /// Starts a Glue job and waits for its end.
    Run {
        /// The job's name.
        run: String,
        /// Longest wait in tank time.
        within: Duration,
    },
    /// Calls a Lambda function with an empty event and waits for its answer.
    Invoke {
        /// The function's name.
        invoke: String,
    },
    /// Lets time pass.
    Wait {
        /// How long.
        wait: Duration,
    },
    /// Waits until a crawler that something else has started is done.
    Crawled {
        /// The crawler's name.
        crawled: String,
        /// Longest wait in tank time.
        within: Duration,
    },
    /// Waits until the runs of an Airflow DAG have ended. Passed over where Airflow does not orchestrate.
    Dag {
        /// The DAG.
        dag: String,
        /// Longest wait in tank time.
        within: Duration,
    },
    /// Runs a crawler and waits for its end.
    Crawl {
        /// The crawler's name.
        crawl: String,
        /// Longest wait in tank time.
        within: Duration,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepForm {
    #[serde(default, deserialize_with = "some_duration")]
    wait: Option<Duration>,
    crawl: Option<String>,
    crawled: Option<String>,
    run: Option<String>,
    job: Option<String>,
    invoke: Option<String>,
    dag: Option<String>,
    #[serde(default, deserialize_with = "some_duration")]
    within: Option<Duration>,
}

impl StepForm {
    /// The keys that say what the step does. One is right.
    fn asked(&self) -> Vec<&'static str> {
        let keys = [
            ("wait", self.wait.is_some()),
            ("crawl", self.crawl.is_some()),
            ("crawled", self.crawled.is_some()),
            ("run", self.run.is_some()),
            ("job", self.job.is_some()),
            ("invoke", self.invoke.is_some()),
            ("dag", self.dag.is_some()),
        ];
        keys.into_iter().filter_map(|(key, is_there)| is_there.then_some(key)).collect()
    }
}

impl TryFrom<StepForm> for Step {
    type Error = String;

    fn try_from(form: StepForm) -> Result<Self, String> {
        let asked = form.asked();
        let what = asked.join("` and `");
        let StepForm { wait, crawl, crawled, run, job, invoke, dag, within: limit } = form;
        let within = limit.unwrap_or_default();
        let step = wait
            .map(|wait| Self::Wait { wait })
            .or(invoke.map(|invoke| Self::Invoke { invoke }))
            .or(crawl.map(|crawl| Self::Crawl { crawl, within }))
            .or(crawled.map(|crawled| Self::Crawled { crawled, within }))
            .or(run.map(|run| Self::Run { run, within }))
            .or(job.map(|job| Self::Job { job, within }))
            .or(dag.map(|dag| Self::Dag { dag, within }));
        let Some(step) = step else {
            let hint = "write one of wait, crawl, crawled, run, job, invoke and dag";
            return Err(format!("the step does nothing\nhint: {hint}"));
        };
        if asked.len() > 1 {
            let hint = "begin each with its own [[step]]";
            return Err(format!("the step does several things, `{what}`\nhint: {hint}"));
        }
        let is_limited = !matches!(step, Self::Wait { .. } | Self::Invoke { .. });
        match (is_limited, limit) {
            (true, None) => {
                let hint = "say how long it may take, such as within = \"1h\"";
                Err(format!("the step `{what}` needs `within`\nhint: {hint}"))
            }
            (false, Some(_)) => Err(format!("the step `{what}` has no `within`\nhint: leave it out")),
            _ => Ok(step),
        }
    }
}

/// Tables of an array. What is refused of one as a whole is placed at its own head, and not at that of the first.
pub(crate) fn each<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    /// The deserializer of TOML puts errors at the value when that is asked for as a newtype.
    #[derive(Deserialize)]
    struct One<T>(T);

    let all = Vec::<One<T>>::deserialize(deserializer)?;
    Ok(all.into_iter().map(|One(one)| one).collect())
}
