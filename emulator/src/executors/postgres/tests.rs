//! Servers on this machine. Where PostgreSQL is missing these tests say so and pass.

use std::fs;
use std::path::Path;
use std::sync::mpsc;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::files::Files;
use super::find;
use super::server::{End, Server, Start, StartError};

#[test]
fn where_there_is_no_postgresql_it_is_said_how_to_get_one() {
    let said = super::Missing.to_string();
    assert!(said.contains("hint: apt-get install postgresql"), "{said}");
    if let Err(missing) = find(None) {
        eprintln!("skipped: {missing}");
    }
}

/// The server's own process, by its file.
fn process(folder: &Path) -> Pid {
    let text = fs::read_to_string(folder.join("data/postmaster.pid")).expect("a server runs");
    text.lines().next().and_then(|line| line.parse().ok()).and_then(Pid::from_raw).expect("a process id")
}

fn is_there(process: Pid) -> bool {
    test_kill_process(process).is_ok()
}

#[test]
fn a_server_that_is_killed_is_noticed_and_starts_again() {
    let Ok(installation) = find(None) else {
        eprintln!("skipped: {}", super::Missing);
        return;
    };
    let files = Files::new().unwrap();
    let folder = files.make("one").unwrap();
    files.copy(&files.template(&installation).unwrap(), &folder.join("data")).unwrap();
    let (sender, ended) = mpsc::channel();
    let settings =
        [("listen_addresses".to_owned(), "127.0.0.1".to_owned()), ("fsync".to_owned(), "off".to_owned())];
    let start = Start {
        installation: &installation,
        who: files.who,
        folder: &folder,
        port: None,
        settings: &settings,
    };
    let told = sender.clone();
    let server = Server::start(&start, move |how| told.send(how).unwrap()).unwrap();
    assert!(server.is_alive());
    let first = process(&folder);
    kill_process(first, Signal::KILL).unwrap();
    assert_eq!(ended.recv().unwrap(), "signal 9");
    assert!(!server.is_alive());
    drop(server);

    let again = Start { port: None, ..start.clone() };
    let server = Server::start(&again, move |how| sender.send(how).unwrap()).unwrap();
    let second = process(&folder);
    assert_ne!(first, second);
    let taken = Start { port: Some(server.port), ..again };
    assert_eq!(Server::start(&taken, |_| {}).unwrap_err(), StartError::PortTaken(server.port));
    server.end(End::Fast);
    assert!(!is_there(second), "it has ended when `end` comes back");
    assert!(ended.try_recv().is_err(), "an end that was asked for is no news");
    let root = files.of("");
    drop(files);
    assert!(!root.exists());
}
