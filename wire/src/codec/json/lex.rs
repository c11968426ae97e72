//! JSON's tokens: strings as slices of the input, numbers, and values that nobody wants.
//!
//! `None` is always the same: this is not JSON. What a token means is `read.rs`.

use std::borrow::Cow;

use memchr::memchr2;

/// A number as it is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in super::super) enum Number {
    /// Without fraction and exponent, and within 64 bits.
    Int(i64),
    /// Any other.
    Float(f64),
}

/// The input and how far it has been read.
#[derive(Debug)]
pub(super) struct Lexer<'b> {
    input: &'b [u8],
    at: usize,
}

impl<'b> Lexer<'b> {
    pub(super) fn new(input: &'b [u8]) -> Self {
        Self { input, at: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// What has been read since `start`.
    pub(super) fn since(&self, start: usize) -> &'b [u8] {
        &self.input[start..self.at]
    }

    /// The next byte that is no white space, without taking it.
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.input.get(self.at)?;
            if !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// The next byte that is no white space.
    pub(super) fn take(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// Takes this byte, after white space, or nothing.
    pub(super) fn expect(&mut self, wanted: u8) -> Option<()> {
        if self.take()? == wanted { Some(()) } else { None }
    }

    /// Takes this text, which must come next, without white space before it.
    pub(super) fn word(&mut self, word: &[u8]) -> Option<()> {
        if !self.input[self.at..].starts_with(word) {
            return None;
        }
        self.at += word.len();
        Some(())
    }

    /// Takes a string's rest if it is just this text. The opening quote has been taken.
    pub(super) fn is_string(&mut self, text: &str) -> bool {
        let rest = &self.input[self.at..];
        let is = rest.starts_with(text.as_bytes()) && rest.get(text.len()) == Some(&b'"');
        if is {
            self.at += text.len() + 1;
        }
        is
    }

    /// A string's bytes; the opening quote has been taken. Bytes that were not escaped are as they came: `text` checks.
    pub(super) fn string(&mut self) -> Option<Cow<'b, [u8]>> {
        let rest = &self.input[self.at..];
        let end = memchr2(b'"', b'\\', rest)?;
        if rest[end] == b'\\' {
            return self.escaped().map(Cow::Owned);
        }
        self.at += end + 1;
        Some(Cow::Borrowed(&rest[..end]))
    }

    /// A string with escapes in it, as it reads without them.
    #[cold]
    fn escaped(&mut self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        loop {
            let rest = &self.input[self.at..];
            let end = memchr2(b'"', b'\\', rest)?;
            if !is_printable(&rest[..end]) {
                return None;
            }
            out.extend(&rest[..end]);
            self.at += end + 1;
            if rest[end] == b'"' {
                return Some(out);
            }
            let escape = *self.input.get(self.at)?;
            self.at += 1;
            let plain = match escape {
                b'"' | b'\\' | b'/' => escape,
                b'b' => 8,
                b'f' => 12,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'u' => {
                    let c = self.unicode()?;
                    out.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
                    continue;
                }
                _ => return None,
            };
            out.push(plain);
        }
    }

    /// The character of `\uXXXX`, or of two of them that are a surrogate pair.
    fn unicode(&mut self) -> Option<char> {
        let first = self.hex4()?;
        if !(0xD800..0xDC00).contains(&first) {
            return char::from_u32(first);
        }
        self.word(b"\\u")?;
        let second = self.hex4().filter(|second| (0xDC00..0xE000).contains(second))?;
        char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00))
    }

    fn hex4(&mut self) -> Option<u32> {
        let digits = self.input.get(self.at..self.at + 4)?;
        self.at += 4;
        digits.iter().try_fold(0, |number, digit| Some(number * 16 + char::from(*digit).to_digit(16)?))
    }

    /// A number.
    pub(super) fn number(&mut self) -> Option<Number> {
        let start = self.at;
        let negative = self.word(b"-").is_some();
        let leading_zero = self.input.get(self.at) == Some(&b'0');
        let digits = self.digits();
        if digits == 0 || (leading_zero && digits > 1) {
            return None;
        }
        let mut whole = true;
        if self.word(b".").is_some() {
            whole = false;
            if self.digits() == 0 {
                return None;
            }
        }
        if let Some(b'e' | b'E') = self.input.get(self.at) {
            whole = false;
            self.at += 1;
            if let Some(b'+' | b'-') = self.input.get(self.at) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return None;
            }
        }
        let text = std::str::from_utf8(self.since(start)).ok()?;
        match text.parse() {
            Ok(number) if whole && !(negative && number == 0) => Some(Number::Int(number)),
            _ => text.parse().ok().filter(|number: &f64| number.is_finite()).map(Number::Float),
        }
    }

    fn digits(&mut self) -> usize {
        let count = self.input[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        count
    }

    /// Passes over one value of any kind and depth.
    pub(super) fn skip(&mut self) -> Option<()> {
        let mut open = Vec::new();
        loop {
            let first = self.peek()?;
            match first {
                b'{' | b'[' => {
                    self.at += 1;
                    let close = first + 2; // `{` and `}`, `[` and `]` are two apart.
                    if self.peek()? != close {
                        open.push(close);
                        self.skip_key(close)?;
                        continue;
                    }
                    self.at += 1;
                }
                b'"' => {
                    self.at += 1;
                    self.skip_string()?;
                }
                b't' => self.word(b"true")?,
                b'f' => self.word(b"false")?,
                b'n' => self.word(b"null")?,
                _ => drop(self.number()?),
            }
            loop {
                let Some(close) = open.last().copied() else { return Some(()) };
                match self.take()? {
                    b',' => {
                        self.skip_key(close)?;
                        break;
                    }
                    byte if byte == close => drop(open.pop()),
                    _ => return None,
                }
            }
        }
    }

    /// In an object, the key and colon before a value.
    fn skip_key(&mut self, close: u8) -> Option<()> {
        if close == b'}' {
            self.expect(b'"')?;
            self.skip_string()?;
            self.expect(b':')?;
        }
        Some(())
    }

    fn skip_string(&mut self) -> Option<()> {
        match self.string()? {
            Cow::Borrowed(bytes) if !is_printable(bytes) => None,
            _ => Some(()),
        }
    }
}

/// A string's bytes as text, if they are UTF-8 without control characters that had to be escaped.
pub(super) fn text(bytes: Cow<'_, [u8]>) -> Option<String> {
    match bytes {
        Cow::Borrowed(bytes) if !is_printable(bytes) => None,
        bytes => String::from_utf8(bytes.into_owned()).ok(),
    }
}

/// Whether no byte is a control character.
fn is_printable(bytes: &[u8]) -> bool {
    // Without a way out of the loop, it is done many bytes at a time.
    !bytes.iter().fold(false, |found, byte| found | (*byte < b' '))
}
