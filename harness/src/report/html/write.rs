//! The page's text while it is written: what comes from data is escaped, what the page says itself is not.
//!
//! `raw` takes markup that is written in the source, with numbers at most. Everything else goes through `text` or `attribute`.

use std::fmt::{Arguments, Write as _};

/// `out.raw(format_args!(...))`.
macro_rules! raw {
    ($out:expr, $($markup:tt)*) => { $out.raw(format_args!($($markup)*)) };
}
pub(super) use raw;

/// Markup.
#[derive(Debug, Default)]
pub(super) struct Html(String);

impl Html {
    /// Markup of the source, with numbers in it. Never with text that comes from a run.
    pub(super) fn raw(&mut self, markup: Arguments<'_>) -> &mut Self {
        // Writing to a String cannot fail.
        let _ = self.0.write_fmt(markup);
        self
    }

    /// Text, as it is.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                '\n' | '\t' => self.0.push(c),
                // Neither in HTML nor of use: and what turns the direction of what follows would let data say what it does not.
                c if c.is_control() || is_direction(c) => self.0.push('\u{fffd}'),
                c => self.0.push(c),
            }
        }
        self
    }

    /// `name="text"`, with a blank before it.
    pub(super) fn attribute(&mut self, name: &'static str, text: &str) -> &mut Self {
        self.raw(format_args!(" {name}=\"")).text(text).raw(format_args!("\""))
    }

    /// `<tag class="class">text</tag>`.
    pub(super) fn element(&mut self, tag: &'static str, class: &'static str, text: &str) -> &mut Self {
        match class {
            "" => self.raw(format_args!("<{tag}>")),
            _ => self.raw(format_args!("<{tag} class=\"{class}\">")),
        };
        self.text(text).raw(format_args!("</{tag}>"))
    }

    /// All of it.
    pub(super) fn finish(self) -> String {
        self.0
    }

    /// How long it is by now.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Text cut to so many characters, in its middle.
pub(super) fn shortened(text: &str, chars_max: usize) -> String {
    let count = text.chars().count();
    if count <= chars_max {
        return text.to_owned();
    }
    let (head, tail) = ((chars_max - 1).div_ceil(2), (chars_max - 1) / 2);
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(count - tail).collect();
    format!("{start}…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_data_is_text_and_nothing_else() {
        let check = |text: &str, expected: &str| {
            let mut out = Html::default();
            out.element("p", "", text);
            assert_eq!(out.finish(), format!("<p>{expected}</p>"));
        };
        check(
            "<script>alert('x')</script> & \"y\"",
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;y&quot;",
        );
        check("a\u{0}b\u{202e}c", "a\u{fffd}b\u{fffd}c");
        check("đến\nnơi", "đến\nnơi");
    }

    #[test]
    fn a_long_name_keeps_its_ends() {
        assert_eq!(shortened("abc", 3), "abc");
        assert_eq!(shortened("abcdefgh", 5), "ab…gh");
        assert_eq!(shortened("đường-dài", 4), "đư…i");
    }
}
