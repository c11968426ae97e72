//! Where `wavetank run` runs a scenario: on a tank of its own, or on a server that is there.

use std::fmt;
use std::fmt::Write as _;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args as ClapArgs, ValueEnum};
use wavetank::containers::{Container, ContainerError, Image, MINIO_LOGIN, remove_own};
use wavetank::progress::Progress;
use wavetank::run::RunOptions;
use wavetank::target::aws::{dial, is_aws};
use wavetank::target::{Credentials, Endpoint, EndpointConfig, Mirrored, Origin, OriginError};
use wavetank::{Embedded, Report, Target};
use wavetank_scenarios::Scenario;
use wavetank_types::Seed;

use crate::failure::Failure;
use crate::run::failed;
use crate::serve::interrupted;
use crate::signals::Signals;

/// How long a container that is being created is waited for when its run is interrupted.
const CREATED_WITHIN: Duration = Duration::from_secs(10);

/// The kinds of targets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum On {
    #[default]
    Embedded,
    Endpoint,
    Containers,
    Aws,
}

/// Where objects lie as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    /// A server that is there.
    At(Origin),
    /// MinIO, started for the run.
    Container,
}

impl FromStr for Store {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        if text == "container" { Ok(Self::Container) } else { text.parse().map(Self::At) }
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(origin) => origin.fmt(f),
            Self::Container => f.write_str("container"),
        }
    }
}

#[derive(Clone, Debug, Default, ClapArgs)]
#[command(next_help_heading = "Where it runs")]
pub(crate) struct PlaceArgs {
    /// Run on embedded (a tank of its own, in this process), endpoint (a server that is there), containers (LocalStack, started for the
    /// run and removed after it) or aws (an account) [default: embedded; endpoint with --endpoint]
    #[arg(long, value_enum, value_name = "KIND")]
    pub(crate) target: Option<On>,
    /// The server, such as http://127.0.0.1:4566; its credentials are AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
    #[arg(long, value_name = "URL", required_if_eq("target", "endpoint"))]
    pub(crate) endpoint: Option<Origin>,
    /// With --target containers: start this image instead, such as wavetank:latest [default: localstack/localstack:4.14.0]
    #[arg(long, value_name = "NAME")]
    pub(crate) image: Option<String>,
    /// With an embedded tank: keep its objects in this S3 server as well, such as http://127.0.0.1:9000, and check what lies there; its
    /// credentials are those of the environment. `container` starts MinIO for the run
    #[arg(long, value_name = "URL", conflicts_with = "endpoint")]
    pub(crate) s3: Option<Store>,
    /// On a server: leave what the run has made there
    #[arg(long)]
    pub(crate) keep: bool,
    /// On a server: delete a stack of the scenario's name first, with everything in its buckets; with --s3, empty buckets that are there
    #[arg(long)]
    pub(crate) replace: bool,
    #[command(flatten)]
    pub(crate) account: AwsArgs,
}

/// What is said of an account.
#[derive(Clone, Debug, Default, ClapArgs)]
#[command(next_help_heading = "With --target aws")]
pub(crate) struct AwsArgs {
    /// Make everything in this account; the credentials must be its own
    #[arg(long, value_name = "ID", value_parser = account)]
    pub(crate) account: Option<String>,
    /// Spend at most this much by the estimate, in USD, such as 1.50; what costs more is refused
    #[arg(long, value_name = "USD", value_parser = usd)]
    pub(crate) budget: Option<f64>,
    /// Print what would be made and what it would cost, and make nothing
    #[arg(long)]
    pub(crate) plan: bool,
    /// Make everything in this region [default: the scenario's]
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
}

impl AwsArgs {
    /// The first of them that was given.
    fn given(&self) -> Option<&'static str> {
        let given = [
            ("--account", self.account.is_some()),
            ("--budget", self.budget.is_some()),
            ("--plan", self.plan),
            ("--region", self.region.is_some()),
        ];
        given.into_iter().find(|(_, is_given)| *is_given).map(|(name, _)| name)
    }
}

/// The number of an account.
pub(crate) fn account(text: &str) -> Result<String, String> {
    match text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Ok(text.to_owned()),
        false => Err(format!("`{text}` is no account; it has 12 digits, as in 123456789012")),
    }
}

/// US dollars.
pub(crate) fn usd(text: &str) -> Result<f64, String> {
    let refuse = || format!("`{text}` is no sum of US dollars; write 1 or 0.50");
    text.parse().ok().filter(|usd: &f64| usd.is_finite() && *usd >= 0.0).ok_or_else(refuse)
}

impl PlaceArgs {
    pub(crate) fn kind(&self) -> On {
        self.target.unwrap_or(if self.endpoint.is_some() { On::Endpoint } else { On::Embedded })
    }

    /// The same on a command line.
    pub(crate) fn flags(&self) -> String {
        let mut flags = String::new();
        if let (On::Endpoint, Some(origin)) = (self.kind(), &self.endpoint) {
            // Writing to a String cannot fail.
            let _ = write!(flags, "--target endpoint --endpoint {origin}");
        }
        if self.kind() == On::Containers {
            flags.push_str("--target containers");
            if let Some(image) = &self.image {
                let _ = write!(flags, " --image {image}");
            }
        }
        if let (On::Aws, AwsArgs { account, budget, region, .. }) = (self.kind(), &self.account) {
            flags.push_str("--target aws");
            if let Some(account) = account {
                let _ = write!(flags, " --account {account}");
            }
            if let Some(budget) = budget {
                let _ = write!(flags, " --budget {budget}");
            }
            if let Some(region) = region {
                let _ = write!(flags, " --region {region}");
            }
        }
        if let Some(store) = &self.s3 {
            let _ = write!(flags, "--s3 {store}");
        }
        flags
    }

    /// Runs a scenario there.
    pub(crate) async fn run(
        &self,
        scenario: &Scenario,
        options: &RunOptions,
        progress: &dyn Progress,
    ) -> Result<Report, Failure> {
        self.check()?;
        match (self.kind(), &self.endpoint, &self.s3) {
            (On::Endpoint, Some(origin), _) => {
                let server = connect(origin, environment_credentials(), &scenario.region).await?;
                until_interrupted(scenario, &server, options, progress).await
            }
            (On::Aws, ..) => unreachable!("run.rs asks for consent first"),
            (On::Containers, ..) => self.run_in_container(scenario, options, progress).await,
            (_, _, Some(Store::At(origin))) => {
                let store = connect(origin, environment_credentials(), &scenario.region).await?;
                self.run_mirrored(scenario, store, options, progress).await
            }
            (_, _, Some(Store::Container)) => {
                let container = start(Image::minio(), progress).await?;
                let (access_key, secret_key) = MINIO_LOGIN;
                let login = Credentials {
                    access_key: access_key.to_owned(),
                    secret_key: secret_key.to_owned(),
                    session_token: None,
                };
                let ran = match connect(&origin_of(&container)?, Some(login), &scenario.region).await {
                    Ok(store) => self.run_mirrored(scenario, store, options, progress).await,
                    Err(failure) => Err(failure),
                };
                container.remove().await.map_err(missing)?;
                ran
            }
            _ => {
                let tank = Embedded::new(Seed(options.seed));
                let ran = wavetank::run(scenario, &tank, options, progress).await;
                ran.map_err(|error| failed(&error))
            }
        }
    }

    /// What cannot be meant.
    fn check(&self) -> Result<(), Failure> {
        let refuse = |what: &str, hint: &str| Err(Failure::Usage(format!("{what}\nhint: {hint}")));
        let kind = self.kind();
        if let Some(flag) = self.account.given() {
            return refuse(&format!("{flag} is of --target aws alone"), "leave it out, or say --target aws");
        }
        let stays = kind == On::Endpoint || self.s3.as_ref().is_some_and(|store| *store != Store::Container);
        if self.endpoint.is_some() && kind != On::Endpoint {
            return refuse("--endpoint is of a server that is there", "say --target endpoint");
        }
        if (self.keep || self.replace) && !stays {
            return refuse("what this run makes goes with it", "leave out --keep and --replace");
        }
        if self.image.is_some() && kind != On::Containers {
            return refuse("--image is of a container", "say --target containers");
        }
        if self.s3.is_some() && kind != On::Embedded {
            let hint = "leave out --s3, or run on an embedded tank";
            return refuse("a server's services store in the server's own S3, and in no other", hint);
        }
        Ok(())
    }

    /// A run on a server that is started for it and removed after it.
    async fn run_in_container(
        &self,
        scenario: &Scenario,
        options: &RunOptions,
        progress: &dyn Progress,
    ) -> Result<Report, Failure> {
        let image = self.image.as_deref().map_or_else(Image::localstack, Image::named);
        let name = format!("container {}", image.name());
        let container = start(image, progress).await?;
        let config = EndpointConfig {
            name,
            region: scenario.region.clone(),
            ..EndpointConfig::at(origin_of(&container)?)
        };
        let ran = match Endpoint::connect(config).await {
            Ok(server) => until_interrupted(scenario, &server, options, progress).await,
            Err(error) => Err(Failure::Environment(error.to_string())),
        };
        container.remove().await.map_err(missing)?;
        ran
    }

    /// A run whose objects lie in another S3 as well.
    async fn run_mirrored(
        &self,
        scenario: &Scenario,
        store: Endpoint,
        options: &RunOptions,
        progress: &dyn Progress,
    ) -> Result<Report, Failure> {
        let tank = Embedded::new(Seed(options.seed));
        let target = Mirrored::new(tank, store, &scenario.region, self.replace);
        let ran = tokio::select! {
            ran = wavetank::run(scenario, &target, options, progress) => Some(ran),
            () = interrupted() => None,
        };
        let carried = target.carry().await;
        if !self.keep {
            target.remove().await.map_err(|left| Failure::Failed(left.to_string()))?;
        }
        // What could not be carried over is the cause of whatever the run says.
        carried.map_err(|failed| Failure::Failed(failed.to_string()))?;
        let ran = ran.ok_or_else(|| Failure::Failed("interrupted".to_owned()))?;
        ran.map_err(|error| failed(&error))
    }
}

/// Where a container answers.
fn origin_of(container: &Container) -> Result<Origin, Failure> {
    container.url().parse().map_err(|error: OriginError| Failure::Environment(error.to_string()))
}

/// Starts a server in a container. Ctrl-C on the way leaves none behind.
async fn start(image: Image, progress: &dyn Progress) -> Result<Container, Failure> {
    let mut signals = Signals::take()?;
    progress.say(&format!("starting {}", image.name()));
    let mut starting = Box::pin(Container::start(image));
    tokio::select! {
        started = &mut starting => return started.map_err(missing),
        _ = signals.next() => {}
    }
    // One that the engine is creating can be removed only once it is there.
    drop(tokio::time::timeout(CREATED_WITHIN, starting).await);
    remove_own().await.map_err(missing)?;
    Err(Failure::Failed("interrupted".to_owned()))
}

/// No container.
fn missing(error: ContainerError) -> Failure {
    Failure::Environment(error.to_string())
}

/// A server that is there, with these credentials or a tank's own; over TLS if its address says https. AWS itself is refused.
pub(crate) async fn connect(
    origin: &Origin,
    credentials: Option<Credentials>,
    region: &str,
) -> Result<Endpoint, Failure> {
    refuse_aws(origin)?;
    let bundle = std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty());
    let dial = dial(origin, bundle.as_deref().map(Path::new));
    let config = EndpointConfig {
        credentials: credentials.unwrap_or_default(),
        region: region.to_owned(),
        dial: dial.map_err(|error| Failure::Environment(error.to_string()))?,
        ..EndpointConfig::at(origin.clone())
    };
    Endpoint::connect(config).await.map_err(|error| Failure::Environment(error.to_string()))
}

/// By its address AWS would be a server like any other: nobody would have named an account or a budget, and nothing would be tagged
/// or swept.
fn refuse_aws(origin: &Origin) -> Result<(), Failure> {
    if !is_aws(&origin.host) {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "{origin} is AWS itself, where things cost money: nothing was created\nhint: `wavetank run` makes them there with --target aws --account ID --budget USD alone, `wavetank diff` with --b aws --account ID --budget USD; --s3 is for other stores"
    )))
}

/// A run that Ctrl-C ends in order: what it has made is removed.
async fn until_interrupted(
    scenario: &Scenario,
    target: &dyn Target,
    options: &RunOptions,
    progress: &dyn Progress,
) -> Result<Report, Failure> {
    let mut run = std::pin::pin!(wavetank::run(scenario, target, options, progress));
    let ran = tokio::select! {
        ran = &mut run => ran,
        () = interrupted() => {
            options.stop.ask();
            run.await
        }
    };
    ran.map_err(|error| failed(&error))
}

/// Credentials as AWS's clients find them in the environment.
pub(crate) fn environment_credentials() -> Option<Credentials> {
    let of = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    Some(Credentials {
        access_key: of("AWS_ACCESS_KEY_ID")?,
        secret_key: of("AWS_SECRET_ACCESS_KEY")?,
        session_token: of("AWS_SESSION_TOKEN"),
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Args, Command};

    fn place(line: &str) -> Option<PlaceArgs> {
        let words = ["wavetank", "run", "trades"].into_iter().chain(line.split_whitespace());
        match Args::try_parse_from(words).ok()?.command {
            Command::Run(run) => Some(run.place),
            _ => None,
        }
    }

    #[test]
    fn an_account_and_a_budget_are_said_again_and_what_is_neither_is_refused() {
        let line = "--target aws --account 123456789012 --budget 1.5 --region eu-west-1";
        assert_eq!(place(line).expect(line).flags(), line);
        for line in
            ["--account 1234", "--account 12345678901x", "--budget -1", "--budget inf", "--budget much"]
        {
            assert!(place(line).is_none(), "{line}");
        }
        let refused = place("--account 123456789012").expect("of the form").check();
        assert!(
            matches!(refused, Err(Failure::Usage(said)) if said.contains("--account is of --target aws"))
        );
    }

    #[test]
    fn a_server_is_named_by_its_address_and_the_replay_names_it_again() {
        let check = |line: &str, flags: &str| assert_eq!(place(line).expect(line).flags(), flags, "{line}");
        check("", "");
        check("--target embedded", "");
        check("--endpoint http://127.0.0.1:4566/", "--target endpoint --endpoint http://127.0.0.1:4566");
        check("--target containers", "--target containers");
        check("--target containers --image wavetank:latest", "--target containers --image wavetank:latest");
        check("--s3 http://127.0.0.1:9000", "--s3 http://127.0.0.1:9000");
        check("--s3 container", "--s3 container");
        assert!(place("--target endpoint").is_none(), "an endpoint has an address");
        assert!(place("--endpoint 127.0.0.1").is_none(), "an address has a scheme");
    }

    #[tokio::test]
    async fn aws_is_no_server_by_its_address() {
        for url in [
            "http://s3.us-east-1.amazonaws.com",
            "https://kinesis.eu-west-1.amazonaws.com",
            "http://S3.AMAZONAWS.COM.:80",
            "https://s3.cn-north-1.amazonaws.com.cn",
            "https://s3.dualstack.us-east-1.api.aws",
        ] {
            let origin = url.parse::<Origin>().expect(url);
            let failure = connect(&origin, None, "us-east-1").await.expect_err(url);
            let said = failure.to_string();
            assert!(matches!(failure, Failure::Usage(_)), "{url}: {said}");
            assert!(said.contains("--target aws --account ID --budget USD"), "{url}: {said}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_what_to_do() {
        let check = |line: &str, refused: Option<&str>| {
            let said = place(line).expect(line).check().err().map(|failure| failure.to_string());
            match refused {
                Some(words) => {
                    assert!(said.as_ref().is_some_and(|said| said.contains(words)), "{line}: {said:?}")
                }
                None => assert_eq!(said, None, "{line}"),
            }
        };
        check("", None);
        check("--endpoint http://127.0.0.1:1 --keep --replace", None);
        check("--s3 http://127.0.0.1:1 --keep", None);
        check("--keep", Some("leave out --keep"));
        check("--s3 container --keep", Some("leave out --keep"));
        check("--target embedded --endpoint http://127.0.0.1:1", Some("say --target endpoint"));
        check("--image wavetank", Some("say --target containers"));
        check("--target containers --s3 container", Some("the server's own S3"));
    }
}
