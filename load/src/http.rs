//! One kept-alive HTTP/1.1 connection that sends bytes made before: a request is a head and a body, an answer is borrowed.
//!
//! It blocks: a connection has a thread of its own, so that nothing but its own request can make it late.
//! Left out: TLS, HTTP/2, redirects.

use std::io::{self, ErrorKind, IoSlice, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Most headers of an answer.
const HEADERS_MAX: usize = 64;
/// Room for an answer to begin with, in bytes.
const BUFFER_BYTES: usize = 64 << 10;
/// Largest answer, in bytes.
const ANSWER_BYTES_MAX: usize = 256 << 20;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HttpError {
    /// Nobody listens, or nobody takes the bytes.
    #[error("{0}")]
    Connection(String),
    /// The other side closed before it had answered.
    #[error("the connection was closed before an answer")]
    Closed,
    /// It took longer than it may.
    #[error("no answer in time")]
    TimedOut,
    /// What came is no HTTP.
    #[error("the answer is no HTTP/1.1: {0}")]
    Unreadable(String),
}

impl HttpError {
    /// Its name in the list of errors.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Connection(_) => "(no connection)",
            Self::Closed => "(connection closed)",
            Self::TimedOut => "(no answer in time)",
            Self::Unreadable(_) => "(unreadable answer)",
        }
    }

    fn of(error: &io::Error) -> Self {
        match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => Self::TimedOut,
            ErrorKind::UnexpectedEof => Self::Closed,
            _ => Self::Connection(error.to_string()),
        }
    }
}

/// An answer, until the next request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    /// `x-amzn-errortype`, where there is one.
    pub(crate) error_type: Option<&'a str>,
    pub(crate) body: &'a [u8],
}

/// A connection, opened when it is first used and again when it was closed.
#[derive(Debug)]
pub(crate) struct Connection {
    address: SocketAddr,
    timeout: Duration,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
    /// A body that came in chunks, put together.
    joined: Vec<u8>,
    /// Bytes sent and received so far.
    pub(crate) sent: u64,
    pub(crate) received: u64,
    /// How often a kept connection turned out to be closed, and the request went again on a new one.
    pub(crate) reconnects: u64,
}

/// Where an answer lies.
struct Found {
    status: u16,
    error_type: Option<(usize, usize)>,
    body: Body,
}

enum Body {
    /// In the buffer.
    At(usize, usize),
    /// Put together.
    Joined,
}

/// What the head says of the body.
enum Length {
    Known(usize),
    Chunked,
    UntilClosed,
}

impl Connection {
    pub(crate) fn new(address: SocketAddr, timeout: Duration) -> Self {
        Self {
            address,
            timeout,
            stream: None,
            buffer: Vec::new(),
            joined: Vec::new(),
            sent: 0,
            received: 0,
            reconnects: 0,
        }
    }

    /// Opens the connection if it is not open.
    pub(crate) fn open(&mut self) -> Result<(), HttpError> {
        if self.stream.is_none() {
            let stream = TcpStream::connect_timeout(&self.address, self.timeout);
            let stream = stream.map_err(|error| HttpError::of(&error))?;
            let set = stream.set_nodelay(true).and_then(|()| stream.set_read_timeout(Some(self.timeout)));
            let set = set.and_then(|()| stream.set_write_timeout(Some(self.timeout)));
            set.map_err(|error| HttpError::of(&error))?;
            self.stream = Some(stream);
        }
        Ok(())
    }

    /// Sends a request and waits for its answer.
    pub(crate) fn exchange(&mut self, head: &[u8], body: &[u8]) -> Result<Answer<'_>, HttpError> {
        let was_open = self.stream.is_some();
        let found = match self.once(head, body) {
            // The server has closed a connection that lay idle: the request has not been looked at.
            Err(HttpError::Closed | HttpError::Connection(_)) if was_open => {
                self.reconnects += 1;
                self.once(head, body)
            }
            other => other,
        }?;
        let body = match found.body {
            Body::At(from, to) => &self.buffer[from..to],
            Body::Joined => &self.joined[..],
        };
        let error_type = found.error_type.and_then(|(from, to)| str::from_utf8(&self.buffer[from..to]).ok());
        Ok(Answer { status: found.status, error_type, body })
    }

    fn once(&mut self, head: &[u8], body: &[u8]) -> Result<Found, HttpError> {
        let answered = self.open().and_then(|()| {
            self.write(head, body).map_err(|error| HttpError::of(&error))?;
            self.read(head.starts_with(b"HEAD "))
        });
        if answered.is_err() {
            self.stream = None;
        }
        answered
    }

    fn stream(&mut self) -> io::Result<&mut TcpStream> {
        self.stream.as_mut().ok_or_else(|| ErrorKind::NotConnected.into())
    }

    fn write(&mut self, head: &[u8], body: &[u8]) -> io::Result<()> {
        let (mut at, whole) = (0, head.len() + body.len());
        while at < whole {
            let first = head.get(at..).unwrap_or_default();
            let second = &body[at.saturating_sub(head.len())..];
            let count = self.stream()?.write_vectored(&[IoSlice::new(first), IoSlice::new(second)])?;
            if count == 0 {
                return Err(ErrorKind::WriteZero.into());
            }
            at += count;
        }
        self.sent += whole as u64;
        Ok(())
    }

    /// Reads more into the buffer, behind its first `filled` bytes. Answers how many are filled then.
    fn more(&mut self, filled: usize) -> Result<usize, HttpError> {
        if filled == self.buffer.len() {
            if filled >= ANSWER_BYTES_MAX {
                return Err(HttpError::Unreadable(format!("it is longer than {ANSWER_BYTES_MAX} bytes")));
            }
            self.buffer.resize((filled * 2).max(BUFFER_BYTES), 0);
        }
        let Some(stream) = self.stream.as_mut() else { return Err(HttpError::Closed) };
        match stream.read(&mut self.buffer[filled..]) {
            Ok(0) => Err(HttpError::Closed),
            Ok(count) => {
                self.received += count as u64;
                Ok(filled + count)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(filled),
            Err(error) => Err(HttpError::of(&error)),
        }
    }

    fn read(&mut self, is_head: bool) -> Result<Found, HttpError> {
        let (mut filled, mut start) = (0, 0);
        loop {
            filled = self.more(filled)?;
            let Some((end, status, length, error_type, closes)) = self.head(start, filled)? else { continue };
            if (100..200).contains(&status) {
                // Another head follows, and may be there already.
                start = end;
                while memchr::memmem::find(&self.buffer[start..filled], b"\r\n\r\n").is_none() {
                    filled = self.more(filled)?;
                }
                let Some(again) = self.head(start, filled)? else { continue };
                return self.finish(again, filled, is_head);
            }
            return self.finish((end, status, length, error_type, closes), filled, is_head);
        }
    }

    fn finish(&mut self, head: Head, mut filled: usize, is_head: bool) -> Result<Found, HttpError> {
        let (end, status, length, error_type, closes) = head;
        let body = match length {
            _ if is_head || status == 204 || status == 304 => Body::At(end, end),
            Length::Known(length) => {
                let whole = end + length;
                while filled < whole {
                    filled = self.more(filled)?;
                }
                Body::At(end, whole)
            }
            Length::Chunked => {
                self.join(end, filled)?;
                Body::Joined
            }
            Length::UntilClosed => loop {
                match self.more(filled) {
                    Ok(more) => filled = more,
                    Err(HttpError::Closed) => break Body::At(end, filled),
                    Err(error) => return Err(error),
                }
            },
        };
        if closes {
            self.stream = None;
        }
        Ok(Found { status, error_type, body })
    }

    /// Reads the head that begins at `start`, if all of it is there.
    fn head(&self, start: usize, filled: usize) -> Result<Option<Head>, HttpError> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut response = httparse::Response::new(&mut headers);
        let bytes = &self.buffer[start..filled];
        let parsed = response.parse(bytes).map_err(|error| HttpError::Unreadable(error.to_string()))?;
        let httparse::Status::Complete(size) = parsed else { return Ok(None) };
        let (mut length, mut error_type, mut closes) = (Length::UntilClosed, None, false);
        for header in response.headers.iter() {
            let name = header.name;
            if name.eq_ignore_ascii_case("content-length") {
                let text = str::from_utf8(header.value).unwrap_or_default().trim();
                let count = text.parse().map_err(|_| HttpError::Unreadable(format!("a length of {text}")))?;
                length = Length::Known(count);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                length = Length::Chunked;
            } else if name.eq_ignore_ascii_case("connection") {
                closes = header.value.eq_ignore_ascii_case(b"close");
            } else if name.eq_ignore_ascii_case("x-amzn-errortype") {
                let from = header.value.as_ptr() as usize - self.buffer.as_ptr() as usize;
                error_type = Some((from, from + header.value.len()));
            }
        }
        let status = response.code.unwrap_or_default();
        Ok(Some((start + size, status, length, error_type, closes)))
    }

    /// Puts the chunks together that begin at `at`.
    fn join(&mut self, mut at: usize, mut filled: usize) -> Result<(), HttpError> {
        self.joined.clear();
        loop {
            let parsed = httparse::parse_chunk_size(&self.buffer[at..filled]);
            let parsed = parsed.map_err(|_| HttpError::Unreadable("a chunk without a size".to_owned()))?;
            let httparse::Status::Complete((head, size)) = parsed else {
                filled = self.more(filled)?;
                continue;
            };
            let size = usize::try_from(size).unwrap_or(ANSWER_BYTES_MAX);
            let end = at + head + size + 2;
            while filled < end {
                filled = self.more(filled)?;
            }
            self.joined.extend_from_slice(&self.buffer[at + head..end - 2]);
            if size == 0 {
                return Ok(());
            }
            at = end;
        }
    }
}

/// Where a head ends, its status, what follows, its error type, and whether the connection ends with it.
type Head = (usize, u16, Length, Option<(usize, usize)>, bool);

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    /// Answers each connection's request with these bytes, cut into pieces of `piece` bytes.
    fn answered(answer: &'static str, piece: usize) -> Result<(u16, String, Option<String>), HttpError> {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            stream.set_nodelay(true).expect("an open socket");
            let mut request = [0; 64];
            let _ = stream.read(&mut request).expect("a request");
            for piece in answer.as_bytes().chunks(piece) {
                stream.write_all(piece).expect("a client that reads");
            }
        });
        let mut connection = Connection::new(address, Duration::from_secs(5));
        let answer = connection.exchange(b"GET / HTTP/1.1\r\n\r\n", b"");
        let answer = answer.map(|answer| {
            let body = String::from_utf8_lossy(answer.body).into_owned();
            (answer.status, body, answer.error_type.map(str::to_owned))
        });
        server.join().expect("the server ends");
        answer
    }

    #[test]
    fn answers_are_read_however_they_come() {
        let check = |answer: &'static str, status: u16, body: &str, error: Option<&str>| {
            for piece in [1, 7, 1_000] {
                let expected = Ok((status, body.to_owned(), error.map(str::to_owned)));
                assert_eq!(answered(answer, piece), expected, "{answer:?} in pieces of {piece}");
            }
        };
        check("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", 200, "hello", None);
        check("HTTP/1.1 204 No Content\r\n\r\n", 204, "", None);
        check("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nall of it", 200, "all of it", None);
        check("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok", None);
        check(
            "HTTP/1.1 400 Bad\r\nx-amzn-ErrorType: Slow\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
            400,
            "abcde",
            Some("Slow"),
        );
    }

    #[test]
    fn what_is_no_answer_is_named() {
        assert_eq!(answered("", 1), Err(HttpError::Closed));
        assert_eq!(answered("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort", 9), Err(HttpError::Closed));
        assert!(matches!(answered("220 smtp.example ready\r\n\r\n", 99), Err(HttpError::Unreadable(_))));
    }
}
