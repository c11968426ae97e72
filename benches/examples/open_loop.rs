//! An open-loop load: requests leave at their own times, whether the ones before them were answered or not.
//!
//!     prepare.py ENDPOINT kinesis-put OUT.lua
//!     cargo run --release -p wavetank-benches --example open_loop -- 127.0.0.1:4566 OUT.lua.http RATE SECONDS [CONNECTIONS]
//!
//! Latency counts from the instant at which a request was to leave, so that a server that stalls is charged for all who wait.
//! Left out: TLS, chunked answers, reconnecting.
#![expect(clippy::disallowed_methods, reason = "a load lives in real time")]
#![expect(clippy::print_stdout, reason = "its answer goes to the terminal")]

use std::io::{Error, ErrorKind, Read as _, Result, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [address, file, rate, seconds, rest @ ..] = args.as_slice() else {
        return Err(Error::other("usage: open_loop ADDRESS REQUEST RATE SECONDS [CONNECTIONS]"));
    };
    let number = |text: &String| text.parse::<u32>().map_err(Error::other);
    let (rate, seconds) = (number(rate)?, number(seconds)?);
    let connections = rest.first().map_or(Ok(4), number)?;
    let request: Arc<[u8]> = std::fs::read(file)?.into();
    let start = Instant::now() + Duration::from_millis(50);
    let threads: Vec<_> = (0..connections)
        .map(|index| {
            let (request, address) = (Arc::clone(&request), address.clone());
            let times = (index..rate * seconds).step_by(connections as usize);
            let times = times.map(move |n| start + Duration::from_secs(1) * n / rate);
            std::thread::spawn(move || connection(&address, &request, times))
        })
        .collect();
    let mut latencies = Vec::new();
    for thread in threads {
        latencies.extend(thread.join().map_err(|_| Error::other("a connection panicked"))??);
    }
    let took = start.elapsed();
    latencies.sort_unstable();
    let at = |share: f64| {
        let place = ((latencies.len() as f64 * share) as usize).min(latencies.len().saturating_sub(1));
        latencies.get(place).map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
    };
    println!(
        "{} answers in {:.2} s ({:.0}/s)  p50 {:.3} ms  p90 {:.3} ms  p99 {:.3} ms  p99.9 {:.3} ms  max {:.3} ms",
        latencies.len(),
        took.as_secs_f64(),
        latencies.len() as f64 / took.as_secs_f64(),
        at(0.5),
        at(0.9),
        at(0.99),
        at(0.999),
        at(1.0),
    );
    Ok(())
}

/// Sends the request at each of these times, and answers how long after it the answer was there.
fn connection(address: &str, request: &[u8], times: impl Iterator<Item = Instant>) -> Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut latencies = Vec::new();
    let mut buffer = Vec::with_capacity(1 << 20);
    for time in times {
        std::thread::sleep(time.saturating_duration_since(Instant::now()));
        stream.write_all(request)?;
        answer(&mut stream, &mut buffer)?;
        latencies.push(time.elapsed());
    }
    Ok(latencies)
}

/// Reads one answer, which must be a 200 with a length.
fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<()> {
    buffer.clear();
    let mut chunk = [0; 64 << 10];
    loop {
        let count = stream.read(&mut chunk)?;
        if count == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        buffer.extend_from_slice(&chunk[..count]);
        let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
        if !head.starts_with("http/1.1 200") {
            return Err(Error::other(head));
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let length: usize = length.ok_or_else(|| Error::other("an answer without a length"))?;
        let missing = (end + 4 + length).saturating_sub(buffer.len());
        buffer.resize(missing, 0);
        return stream.read_exact(buffer);
    }
}
