//! `format('%s has %,d', name, n)`: the part of Java's formatter that queries use.
//!
//! Documented: trino.io/docs/current/functions/conversion.html. Built: `%s %d %f %e %x %X %c %b %%` with `-`, `0`, `,`,
//! `+`, width and precision, and `n$`. Dates (`%t`) are `NotImplemented`.

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::DataType;

use crate::error::SqlError;
use crate::functions::def::{Call, invalid};
use crate::functions::special::{Args, SpecialDef};
use crate::render::text::cell;
use crate::types::{VARCHAR, is_integer, is_varchar};

pub(crate) const ALL: &[SpecialDef] = &[SpecialDef { name: "format", returns, run }];

fn returns(args: &Args) -> Result<DataType, SqlError> {
    if args.types.len() < 2 || !is_varchar(&args.types[0]) {
        return Err(args.unexpected("format(varchar, row(...))"));
    }
    Ok(VARCHAR)
}

fn run(c: &Call) -> Result<ArrayRef, SqlError> {
    let made: Result<Vec<Option<String>>, SqlError> = (0..c.rows)
        .map(|i| {
            if c.args[0].is_null(i) {
                return Ok(None);
            }
            match write(c, i) {
                Ok(text) => Ok(Some(text)),
                Err(_) if c.lenient => Ok(None),
                Err(e) => Err(e),
            }
        })
        .collect();
    Ok(std::sync::Arc::new(made?.into_iter().collect::<arrow::array::StringViewArray>()))
}

/// One `%...` of a format.
#[derive(Default)]
struct Piece {
    place: Option<usize>,
    left: bool,
    zero: bool,
    comma: bool,
    plus: bool,
    width: usize,
    precision: Option<usize>,
}

fn write(c: &Call, row: usize) -> Result<String, SqlError> {
    let format = c.text(0).value(row);
    let mut out = String::new();
    let mut chars = format.chars().peekable();
    let mut next = 1;
    while let Some(ch) = chars.next() {
        if ch != '%' {
            out.push(ch);
            continue;
        }
        let mut piece = Piece::default();
        let kind = read(&mut chars, &mut piece)
            .ok_or_else(|| invalid(format!("Invalid format string: {format}")))?;
        if kind == '%' || kind == 'n' {
            out.push(if kind == 'n' { '\n' } else { '%' });
            continue;
        }
        let place = piece.place.unwrap_or(next);
        if piece.place.is_none() {
            next += 1;
        }
        let arg = c.args.get(place).ok_or_else(|| {
            invalid(format!("Invalid format string: {format} (Format specifier '%{kind}')"))
        })?;
        out.push_str(&one(arg, row, kind, &piece)?);
    }
    Ok(out)
}

fn read(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, piece: &mut Piece) -> Option<char> {
    loop {
        match chars.next()? {
            '-' => piece.left = true,
            '0' => piece.zero = true,
            ',' => piece.comma = true,
            '+' => piece.plus = true,
            '.' => {
                let mut digits = String::new();
                while let Some(d) = chars.next_if(char::is_ascii_digit) {
                    digits.push(d);
                }
                piece.precision = Some(digits.parse().ok()?);
            }
            d @ '1'..='9' => {
                let mut digits = String::from(d);
                while let Some(d) = chars.next_if(char::is_ascii_digit) {
                    digits.push(d);
                }
                let number = digits.parse().ok()?;
                if chars.next_if_eq(&'$').is_some() {
                    piece.place = Some(number);
                } else {
                    piece.width = number;
                }
            }
            kind => return Some(kind),
        }
    }
}

fn one(arg: &ArrayRef, row: usize, kind: char, piece: &Piece) -> Result<String, SqlError> {
    let wrong = || {
        invalid(format!(
            "Invalid format string: %{kind} ({kind} != {})",
            crate::types::trino_name(arg.data_type())
        ))
    };
    let Some(text) = cell(arg.as_ref(), row) else { return Ok(pad("null".into(), piece)) };
    let made = match kind {
        's' | 'S' => {
            let text: String = text.chars().take(piece.precision.unwrap_or(usize::MAX)).collect();
            if kind == 'S' { text.to_uppercase() } else { text }
        }
        'b' => text,
        'c' => text.chars().next().map(String::from).unwrap_or_default(),
        'd' if is_integer(arg.data_type()) => signed(&text, piece),
        'x' | 'X' if is_integer(arg.data_type()) => {
            let value: i64 = text.parse().map_err(|_| wrong())?;
            if kind == 'x' { format!("{value:x}") } else { format!("{value:X}") }
        }
        'f' if matches!(
            arg.data_type(),
            DataType::Float32 | DataType::Float64 | DataType::Decimal128(..)
        ) =>
        {
            let precision = piece.precision.unwrap_or(6);
            // Decimals are rounded as decimals; doubles from their shortest text, half up, as Java does.
            match crate::scan::values::parse_decimal(&text, 38, precision as i8) {
                Some(units) => signed(&crate::render::text::format_decimal(units, precision as i8), piece),
                None => text,
            }
        }
        'e' if matches!(arg.data_type(), DataType::Float32 | DataType::Float64) => {
            let value: f64 = text.parse().map_err(|_| wrong())?;
            let plain = format!("{value:.*e}", piece.precision.unwrap_or(6));
            let (digits, exponent) = plain.split_once('e').unwrap_or((&plain, "0"));
            let n: i32 = exponent.parse().map_err(|_| wrong())?;
            format!("{digits}e{}{:02}", if n < 0 { '-' } else { '+' }, n.abs())
        }
        't' | 'T' => return Err(SqlError::not_built("format with %t (dates)")),
        _ => return Err(wrong()),
    };
    Ok(pad(made, piece))
}

/// Groups digits by three, and writes a sign.
fn signed(text: &str, piece: &Piece) -> String {
    let (minus, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => (if piece.plus { "+" } else { "" }, text),
    };
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
    let mut grouped = String::new();
    for (i, d) in whole.chars().enumerate() {
        if piece.comma && i > 0 && (whole.len() - i) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(d);
    }
    let tail = fraction.map(|f| format!(".{f}")).unwrap_or_default();
    let size = minus.len() + grouped.len() + tail.len();
    let zeros =
        if piece.zero && !piece.left { "0".repeat(piece.width.saturating_sub(size)) } else { String::new() };
    format!("{minus}{zeros}{grouped}{tail}")
}

fn pad(text: String, piece: &Piece) -> String {
    let missing = piece.width.saturating_sub(text.chars().count());
    let blanks = " ".repeat(missing);
    if piece.left { format!("{text}{blanks}") } else { format!("{blanks}{text}") }
}
