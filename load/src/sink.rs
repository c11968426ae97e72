//! A server that takes everything and answers at once: what is measured against it is the generator alone.
//!
//! It says that streams are ACTIVE and that nothing was refused, whatever is asked. It is no AWS and keeps nothing.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

/// Room for a request's head and the beginning of its body.
const BUFFER_BYTES: usize = 256 << 10;

/// One answer that each service's client finds what it looks for in.
const BODY: &str = r#"{"FailedRecordCount":0,"FailedPutCount":0,"UnprocessedItems":{},"StreamDescriptionSummary":{"StreamStatus":"ACTIVE"},"DeliveryStreamDescription":{"DeliveryStreamStatus":"ACTIVE"},"Table":{"TableStatus":"ACTIVE"},"QueueUrl":"http://127.0.0.1/sink","QueryExecutionId":"sink","QueryExecution":{"Status":{"State":"SUCCEEDED"}}}"#;

/// Takes connections for ever, each on a thread of its own.
pub fn serve(listener: &TcpListener) {
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{BODY}", BODY.len());
    for stream in listener.incoming().flatten() {
        let answer = answer.clone();
        // A connection that ends, ends; nobody has to know.
        std::thread::spawn(move || drop(connection(stream, answer.as_bytes())));
    }
}

fn connection(mut stream: TcpStream, answer: &[u8]) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut filled = 0;
    loop {
        let end = loop {
            if let Some(at) = memchr::memmem::find(&buffer[..filled], b"\r\n\r\n") {
                break at + 4;
            }
            filled += some(stream.read(&mut buffer[filled..])?)?;
        };
        let head = &buffer[..end];
        let is_head = head.starts_with(b"HEAD ");
        let mut missing = (end + length(head)).saturating_sub(filled);
        while missing > 0 {
            let room = missing.min(buffer.len());
            missing -= some(stream.read(&mut buffer[..room])?)?;
        }
        filled = 0;
        let head_end = answer.len() - BODY.len();
        stream.write_all(if is_head { &answer[..head_end] } else { answer })?;
    }
}

fn some(count: usize) -> io::Result<usize> {
    if count == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(count) }
}

fn length(head: &[u8]) -> usize {
    const NAME: &[u8] = b"content-length: ";
    let Some(at) = memchr::memmem::find(head, NAME) else { return 0 };
    let digits = head[at + NAME.len()..].iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'))
}
