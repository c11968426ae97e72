//! `wavetank serve` for clients that are not on this machine, as in a container: what it answers to, and what it says of itself.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// A tank with these further arguments, and the port that it has. Ends with the test.
struct Served(Child, u16);

impl Drop for Served {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Served {
    fn start(args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wavetank"));
        command.args(["serve", "--port", "0"]).args(args).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().rsplit(':').next().unwrap().parse();
        Self(child, port.unwrap_or_else(|_| panic!("it said {line:?}")))
    }

    /// The whole answer to one request of SQS.
    fn queue_named(&self, host: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.1)).unwrap();
        let body = r#"{"QueueName":"orders"}"#;
        let credential = "test/20260105/us-east-1/sqs/aws4_request";
        write!(
            stream,
            "POST / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-type: application/x-amz-json-1.0\r\n\
             x-amz-target: AmazonSQS.CreateQueue\r\ncontent-length: {}\r\n\
             authorization: AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0\r\n\r\n{body}",
            body.len(),
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

#[test]
fn a_tank_answers_to_the_names_that_it_was_given_and_tells_the_address_that_clients_use() {
    let served = Served::start(&["--listen", "0.0.0.0", "--host", "tank", "--url", "http://tank:4570"]);
    let check = |host: &str, word: &str| {
        let answer = served.queue_named(host);
        assert!(answer.contains(word), "{host}: {answer}");
    };
    check("tank:4570", r#""QueueUrl":"http://tank:4570/000000000000/orders""#);
    check("127.0.0.1:4566", r#""QueueUrl":"http://tank:4570/000000000000/orders""#);
    check("evil.example", "`evil.example` is not a name of this server");
}

#[test]
fn a_tank_tells_its_own_address_where_it_was_given_none() {
    let served = Served::start(&["--listen", "0.0.0.0"]);
    let answer = served.queue_named("localhost");
    assert!(answer.contains(&format!(r#""QueueUrl":"http://127.0.0.1:{}/"#, served.1)), "{answer}");
    let refused = served.queue_named("tank");
    assert!(refused.contains("`serve --host NAME`"), "{refused}");
}
