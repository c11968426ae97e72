//! Servers in containers: LocalStack, MinIO, and our own image, each started for one run and removed after it.
//!
//! A container is removed when its [`Container`] goes, a panic included. What a killed process left behind is removed by the
//! next that starts one: each carries the id of the process that it belongs to. A container is ready when its API says
//! so. Ports are published to loopback alone. Left out: engines on other machines (their ports are not here), and TLS.

use std::collections::HashMap; // looked up only: what the engine's client takes
use std::io;
use std::time::Duration;

use http::StatusCode;
use testcontainers::bollard::models::PortBinding;
use testcontainers::bollard::query_parameters::{
    ListContainersOptionsBuilder, RemoveContainerOptionsBuilder,
};
use testcontainers::core::client::{ClientError, docker_client_instance};
use testcontainers::core::error::TestcontainersError;
use testcontainers::core::{IntoContainerPort as _, WaitFor};
use testcontainers::runners::AsyncRunner as _;
use testcontainers::{ContainerAsync, GenericImage, ImageExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Which label names the process that a container belongs to.
const OWNER: &str = "dev.wavetank.process";
/// How long a server may take until it is ready, in real time. LocalStack takes half a minute on a slow machine.
const READY_WITHIN: Duration = Duration::from_secs(180);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Of the log of a container that ended: so much of its end is shown.
const LOG_BYTES: usize = 2_000;

/// An image, and how a server of it is started and asked whether it is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Such as `quay.io/minio/minio`.
    pub repository: String,
    /// Its tag.
    pub tag: String,
    port: u16,
    /// Answers 200 once the server can be used.
    ready: &'static str,
    environment: &'static [(&'static str, &'static str)],
    command: &'static [&'static str],
}

/// MinIO's user and password, for this machine alone.
pub const MINIO_LOGIN: (&str, &str) = ("wavetank", "wavetank-only-here");

impl Image {
    /// LocalStack 4.14.0, the last that asks for no token.
    pub fn localstack() -> Self {
        Self {
            repository: "localstack/localstack".to_owned(),
            tag: "4.14.0".to_owned(),
            port: 4_566,
            ready: "/_localstack/health",
            environment: &[("EAGER_SERVICE_LOADING", "1")],
            command: &[],
        }
    }

    /// MinIO, for S3 alone.
    pub fn minio() -> Self {
        Self {
            repository: "quay.io/minio/minio".to_owned(),
            tag: "RELEASE.2025-09-07T16-13-09Z".to_owned(),
            port: 9_000,
            ready: "/minio/health/ready",
            environment: &[("MINIO_ROOT_USER", MINIO_LOGIN.0), ("MINIO_ROOT_PASSWORD", MINIO_LOGIN.1)],
            command: &["server", "/data", "--address", ":9000"],
        }
    }

    /// Our own, by name: `wavetank:latest`.
    pub fn tank(name: &str) -> Self {
        let (repository, tag) = match name.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, tag),
            _ => (name, "latest"),
        };
        Self {
            repository: repository.to_owned(),
            tag: tag.to_owned(),
            port: 4_566,
            ready: "/_wavetank/health",
            environment: &[],
            command: &[],
        }
    }

    /// By name, started as the last part of its repository says: as LocalStack, as MinIO, or as our own.
    pub fn named(name: &str) -> Self {
        let Self { repository, tag, .. } = Self::tank(name);
        let last = repository.rsplit('/').next().unwrap_or_default();
        let like = match last {
            last if last.contains("localstack") => Self::localstack(),
            last if last.contains("minio") => Self::minio(),
            _ => return Self::tank(name),
        };
        like.from(&repository, &tag)
    }

    /// The same way of starting, of another image.
    #[must_use]
    pub fn from(self, repository: &str, tag: &str) -> Self {
        Self { repository: repository.to_owned(), tag: tag.to_owned(), ..self }
    }

    /// As `docker pull` takes it.
    pub fn name(&self) -> String {
        format!("{}:{}", self.repository, self.tag)
    }

    /// What shows whether a server of it starts here at all.
    fn trial(&self) -> String {
        format!(
            "`docker run --rm {}` shows whether it starts on this machine; another can be named by --image, and `--target embedded` needs none",
            self.name()
        )
    }

    /// What its maker's own image is obtained by.
    fn hint(&self) -> String {
        if self.repository == "wavetank" {
            "`cargo xtask image` builds it".to_owned()
        } else {
            format!("`docker pull {}` brings it, where its registry can be reached", self.name())
        }
    }
}

/// Why there is no container.
#[derive(Debug, thiserror::Error)]
pub enum ContainerError {
    /// No engine.
    #[error(
        "no Docker engine answers: {0}\nhint: start Docker, or name its socket in DOCKER_HOST; `--target embedded` needs none"
    )]
    Engine(String),
    /// No image.
    #[error("the image {name} is not on this machine and cannot be pulled: {cause}\nhint: {hint}")]
    Image {
        /// Its name.
        name: String,
        /// What the engine said.
        cause: String,
        /// What may be done.
        hint: String,
    },
    /// The server ended, or took too long.
    #[error("{name} {what}; the end of its log:\n{log}\nhint: {hint}")]
    NotReady {
        /// The image's name.
        name: String,
        /// What happened.
        what: String,
        /// The last that it wrote.
        log: String,
        /// What may be done.
        hint: String,
    },
    /// Anything else that the engine refused.
    #[error(
        "the Docker engine refused {name}: {cause}\nhint: `docker ps --all` and `docker logs` show what became of it; a full disk and too little memory are the usual causes"
    )]
    Refused {
        /// The image's name.
        name: String,
        /// What it said.
        cause: String,
    },
}

impl ContainerError {
    fn of(image: &Image, error: TestcontainersError) -> Self {
        let name = image.name();
        match error {
            TestcontainersError::Client(ClientError::Init(why)) => Self::Engine(why.to_string()),
            TestcontainersError::Client(ClientError::PullImage { err, .. }) => {
                Self::Image { name, cause: err.to_string(), hint: image.hint() }
            }
            TestcontainersError::Client(ClientError::CreateContainer(why)) if is_unreachable(&why) => {
                Self::Engine(why.to_string())
            }
            other => Self::Refused { name, cause: other.to_string() },
        }
    }
}

/// Whether the engine did not answer at all.
fn is_unreachable(error: &testcontainers::bollard::errors::Error) -> bool {
    !matches!(error, testcontainers::bollard::errors::Error::DockerResponseServerError { .. })
}

/// A running server. It is removed with this value.
#[derive(Debug)]
pub struct Container {
    container: ContainerAsync<GenericImage>,
    image: Image,
    port: u16,
}

impl Container {
    /// Starts a server, pulls its image if there is none, and waits until it is ready.
    pub async fn start(image: Image) -> Result<Self, ContainerError> {
        remove_orphans().await?;
        let wanted = GenericImage::new(&*image.repository, &*image.tag)
            .with_wait_for(WaitFor::Nothing)
            .with_exposed_port(image.port.tcp())
            .with_label(OWNER, std::process::id().to_string());
        let (port, mut wanted) = (format!("{}/tcp", image.port), wanted);
        for (name, value) in image.environment {
            wanted = wanted.with_env_var(*name, *value);
        }
        if !image.command.is_empty() {
            wanted = wanted.with_cmd(image.command.iter().copied());
        }
        let wanted = wanted.with_host_config_modifier(move |host| {
            let loopback =
                PortBinding { host_ip: Some("127.0.0.1".to_owned()), host_port: Some("0".to_owned()) };
            host.publish_all_ports = Some(false);
            host.port_bindings = Some(HashMap::from([(port.clone(), Some(vec![loopback]))])); // looked up only
        });
        let container = wanted.start().await.map_err(|why| ContainerError::of(&image, why))?;
        let mut started = Self { container, image, port: 0 };
        match started.container.get_host_port_ipv4(started.image.port).await {
            Ok(port) => started.port = port,
            // One that has ended has no port any more.
            Err(_) if !started.is_running().await => return Err(started.ended().await),
            Err(why) => return Err(ContainerError::of(&started.image, why)),
        }
        started.wait_until_ready().await?;
        Ok(started)
    }

    /// Where it answers, such as `http://127.0.0.1:32768`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its id, as `docker ps --no-trunc` shows it.
    pub fn id(&self) -> &str {
        self.container.id()
    }

    /// Removes it, and says if that failed.
    pub async fn remove(self) -> Result<(), ContainerError> {
        self.container.rm().await.map_err(|why| ContainerError::of(&self.image, why))
    }

    async fn is_running(&self) -> bool {
        self.container.is_running().await.unwrap_or(false)
    }

    async fn ended(&self) -> ContainerError {
        self.not_ready("ended before it was ready").await
    }

    async fn wait_until_ready(&self) -> Result<(), ContainerError> {
        for _ in 0..READY_WITHIN.as_millis() / LOOK_EVERY.as_millis() {
            if matches!(status_of(self.port, self.image.ready).await, Ok(StatusCode::OK)) {
                return Ok(());
            }
            if !self.is_running().await {
                return Err(self.ended().await);
            }
            pause().await;
        }
        let what = format!("was not ready after {} seconds", READY_WITHIN.as_secs());
        Err(self.not_ready(&what).await)
    }

    async fn not_ready(&self, what: &str) -> ContainerError {
        let mut log = self.container.stdout_to_vec().await.unwrap_or_default();
        log.extend(self.container.stderr_to_vec().await.unwrap_or_default());
        let end = &log[log.len().saturating_sub(LOG_BYTES)..];
        ContainerError::NotReady {
            name: self.image.name(),
            what: what.to_owned(),
            log: String::from_utf8_lossy(end).trim().to_owned(),
            hint: self.image.trial(),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a container starts in real time")]
async fn pause() {
    tokio::time::sleep(LOOK_EVERY).await;
}

/// What a server answers to a GET.
async fn status_of(port: u16, path: &str) -> io::Result<StatusCode> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let code = answer.strip_prefix(b"HTTP/1.1 ").and_then(|rest| rest.get(..3));
    let code = code.ok_or(io::ErrorKind::InvalidData)?;
    StatusCode::from_bytes(code).map_err(|_| io::ErrorKind::InvalidData.into())
}

/// Removes the containers of processes of ours that are no more. Returns how many there were.
pub async fn remove_orphans() -> Result<usize, ContainerError> {
    remove_of(|owner| owner.is_none_or(|pid| !is_alive(pid))).await
}

/// Removes the containers of this process: those of a start that was given up. Returns how many there were.
pub async fn remove_own() -> Result<usize, ContainerError> {
    remove_of(|owner| owner == Some(std::process::id())).await
}

/// Removes containers of ours by the process that started them.
async fn remove_of(is_meant: impl Fn(Option<u32>) -> bool) -> Result<usize, ContainerError> {
    let fail = |why: String| ContainerError::Engine(why);
    let docker = docker_client_instance().await.map_err(|why| fail(why.to_string()))?;
    let ours = HashMap::from([("label".to_owned(), vec![OWNER.to_owned()])]); // looked up only
    let options = ListContainersOptionsBuilder::new().all(true).filters(&ours).build();
    let found = docker.list_containers(Some(options)).await.map_err(|why| fail(why.to_string()))?;
    let meant: Vec<String> = found
        .into_iter()
        .filter(|container| {
            let owner = container.labels.as_ref().and_then(|labels| labels.get(OWNER));
            is_meant(owner.and_then(|pid| pid.parse().ok()))
        })
        .filter_map(|container| container.id)
        .collect();
    for id in &meant {
        let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
        // One that another process removes at the same time is no error.
        drop(docker.remove_container(id, Some(options)).await);
    }
    Ok(meant.len())
}

fn is_alive(pid: u32) -> bool {
    std::path::Path::new(&format!("/proc/{pid}")).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_s_name_is_a_repository_and_a_tag() {
        let check = |name: &str, repository: &str, tag: &str| {
            let image = Image::tank(name);
            assert_eq!((&*image.repository, &*image.tag), (repository, tag), "{name}");
        };
        check("wavetank", "wavetank", "latest");
        check("wavetank:0.1.0", "wavetank", "0.1.0");
        check("registry.example:5000/team/tank", "registry.example:5000/team/tank", "latest");
        check("registry.example:5000/team/tank:2", "registry.example:5000/team/tank", "2");
    }

    #[test]
    fn a_container_that_there_is_not_is_said_with_what_to_do() {
        let image = Image::tank("wavetank:latest");
        let ended = ContainerError::NotReady {
            name: image.name(),
            what: "ended before it was ready".to_owned(),
            log: "no space left".to_owned(),
            hint: image.trial(),
        };
        let refused = ContainerError::of(&image, TestcontainersError::other("no such network"));
        for (error, words) in [(ended, "docker run --rm wavetank:latest"), (refused, "docker logs")] {
            let said = error.to_string();
            let (_, hint) = said.split_once("\nhint: ").expect("a hint");
            assert!(
                said.starts_with("wavetank:latest ended") || said.contains("refused wavetank:latest: "),
                "{said}"
            );
            assert!(hint.contains(words), "{said}");
        }
    }

    #[test]
    fn an_image_is_started_as_its_name_says() {
        let check = |name: &str, port: u16, ready: &str| {
            let image = Image::named(name);
            assert_eq!((image.port, image.ready, image.name()), (port, ready, name.to_owned()));
        };
        check("localstack/localstack:4.14.0", 4_566, "/_localstack/health");
        check("mirror.example/localstack-pro:latest", 4_566, "/_localstack/health");
        check("quay.io/minio/minio:latest", 9_000, "/minio/health/ready");
        check("wavetank:latest", 4_566, "/_wavetank/health");
    }
}
