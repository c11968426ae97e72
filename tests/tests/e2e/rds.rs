//! RDS with real clients and a real PostgreSQL: boto3 makes it, a PostgreSQL client joins it, the Data API asks it, nothing is left.
//!
//! Needs a PostgreSQL server, `python3` with boto3, `aws`; each test skips aloud where something is missing.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use wavetank::sql_copy::{Database, Session};
use wavetank_emulator::executors::postgres;
use wavetank_tests::served::{Served, python_has, skips};

fn no_postgres() -> bool {
    let found = postgres::find(None);
    if let Err(missing) = &found {
        eprintln!("SKIPPED: {missing}");
    }
    found.is_err()
}

const CREATE: [&str; 16] = [
    "rds",
    "create-db-instance",
    "--db-instance-identifier",
    "shop",
    "--engine",
    "postgres",
    "--db-instance-class",
    "db.t3.micro",
    "--allocated-storage",
    "20",
    "--master-username",
    "store",
    "--master-user-password",
    "correct-horse",
    "--db-name",
    "fashion",
];

fn describe(query: &str) -> [&str; 8] {
    ["rds", "describe-db-instances", "--db-instance-identifier", "shop", "--query", query, "--output", "text"]
}

const STATUS: &str = "DBInstances[0].DBInstanceStatus";

impl Shop {
    fn made(lab: Served) -> Self {
        lab.aws(&CREATE);
        let shop = Self { lab };
        shop.lab.await_answer("available", &describe(STATUS));
        shop
    }

    fn join(&self) -> Session {
        let port = self.lab.aws(&describe("DBInstances[0].Endpoint.Port")).parse().unwrap();
        let host = self.lab.aws(&describe("DBInstances[0].Endpoint.Address"));
        let password = "correct-horse".to_owned();
        let database =
            Database { host, port, name: "fashion".to_owned(), user: "store".to_owned(), password };
        self.lab.runtime.block_on(database.join()).unwrap()
    }

    fn count(&self, session: &Session, table: &str) -> String {
        let query = format!("SELECT count(*) FROM {table}");
        let rows = self.lab.runtime.block_on(session.rows(&query)).unwrap();
        rows[0][0].clone().unwrap()
    }
}

/// A tank with the instance `shop`.
struct Shop {
    lab: Served,
}

#[test]
fn a_hundred_thousand_orders_are_copied_and_survive_the_servers_death() {
    if no_postgres() || skips(&["aws"]) {
        return;
    }
    let shop = Shop::made(Served::start());
    let session = shop.join();
    let mut csv = String::from("id,customer,amount\n");
    for id in 0..100_000 {
        writeln!(csv, "{id},{},{}.50", id % 977, id % 1_000).unwrap();
    }
    let copied = shop.lab.runtime.block_on(async {
        session
            .run("CREATE TABLE orders (id int PRIMARY KEY, customer int, amount numeric(10,2))")
            .await
            .unwrap();
        session.copy_csv("orders", &["id", "customer", "amount"], csv.into()).await.unwrap()
    });
    assert_eq!(copied, 100_000);
    let refused =
        shop.lab.runtime.block_on(session.copy_csv("orders", &[], "id,customer,amount\n100001,x,1\n".into()));
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("COPY orders, line 2, column customer"), "{refused}");

    let server =
        shop.lab.runtime.block_on(session.rows("SELECT pid FROM pg_stat_activity WHERE false")).unwrap();
    assert!(server.is_empty());
    let folder = shop.lab.runtime.block_on(session.rows("SHOW unix_socket_directories")).unwrap();
    let folder = PathBuf::from(folder[0][0].clone().unwrap());
    kill_process(postmaster(&folder.join("data")), Signal::KILL).unwrap();
    let event = |at: &'static str| {
        ["rds", "describe-events", "--duration", "10000", "--query", at, "--output", "text"]
    };
    shop.lab.await_answer("DB instance restarted", &event("Events[-1].Message"));
    let told = shop.lab.aws(&event("Events[-2].Message"));
    assert!(told.starts_with("The database process has ended unexpectedly"), "{told}");
    assert_eq!(shop.lab.aws(&describe(STATUS)).trim(), "available");
    assert_eq!(shop.count(&shop.join(), "orders"), "100000", "what was acknowledged is there");

    let delete = ["rds", "delete-db-instance", "--db-instance-identifier", "shop", "--skip-final-snapshot"];
    shop.lab.aws(&delete);
    let all = ["rds", "describe-db-instances", "--query", "length(DBInstances)"];
    shop.lab.await_answer("0", &all);
    assert!(!folder.exists());
    let root = folder.parent().unwrap().to_owned();
    drop(session);
    drop(shop);
    wait_until_gone(&root);
}

#[test]
fn boto3_makes_snapshots_restores_and_asks_by_the_data_api() {
    if no_postgres() || skips(&["python3"]) || !python_has("boto3") {
        return;
    }
    let lab = Served::start();
    let script = wavetank_tests::root().join("tests/data/rds_lab.py");
    let output = lab.command("python3").arg(script).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.trim_end().ends_with("passed"), "{out}{err}");
}

/// Kills the whole tank, and looks whether a server or a folder is left. The tank runs in this test's own program.
#[test]
fn a_tank_that_is_killed_leaves_no_server_and_no_folder() {
    if no_postgres() || skips(&["aws"]) {
        return;
    }
    let mut tank = Command::new(std::env::current_exe().unwrap());
    tank.args(["--exact", "rds::serves_until_it_is_killed", "--ignored", "--nocapture"])
        .stdout(Stdio::piped());
    let mut tank = tank.stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(tank.stdout.take().unwrap()).lines();
    let folder = lines
        .map_while(Result::ok)
        .find_map(|line| line.split_once("folder ").map(|(_, path)| PathBuf::from(path)));
    let folder = folder.unwrap();
    let server = postmaster(&folder.join("data"));
    tank.kill().unwrap();
    tank.wait().unwrap();
    wait_until_gone(folder.parent().unwrap());
    assert!(rustix::process::test_kill_process(server).is_err(), "its server has ended");
}

/// The other half of the test above.
#[test]
#[ignore = "runs until it is killed"]
fn serves_until_it_is_killed() {
    let shop = Shop::made(Served::start());
    let folder = shop.lab.runtime.block_on(shop.join().rows("SHOW unix_socket_directories")).unwrap();
    println!("folder {}", folder[0][0].clone().unwrap());
    std::thread::park();
}

fn postmaster(data: &Path) -> Pid {
    let text = std::fs::read_to_string(data.join("postmaster.pid")).unwrap();
    text.lines().next().and_then(|line| line.parse().ok()).and_then(Pid::from_raw).unwrap()
}

/// The shells that clean up need a moment.
fn wait_until_gone(folder: &Path) {
    for _ in 0..200 {
        if !folder.exists() {
            return;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(50));
    }
    panic!("{} is still there", folder.display());
}
