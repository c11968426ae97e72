//! A tank behind TCP with nothing else, for measuring: `cargo run --release --example serve -- 4566`.

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok()).unwrap_or(4566);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let tank = wavetank_emulator::Tank::builder().real_time().build();
    wavetank_emulator::server::serve(&tank, listener, std::future::pending()).await
}
