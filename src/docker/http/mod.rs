//! HTTP/1.1 as far as an Engine needs it, without any I/O: a request goes out as bytes, bytes come
//! in and leave as the pieces of one answer. Knows neither sockets nor clocks nor JSON, and no
//! method but GET.
//!
//! Strict where a lax reader could be led to believe a wrong end of an answer (lengths that
//! disagree, folded headers, codings it does not know): such an answer is an error, and its
//! connection is not used again.

mod decoder;
mod head;
mod request;

use std::fmt;

pub use decoder::{Decoder, Piece};
pub use head::Head;
pub use request::{Reuse, Target, get};

/// The longest status line, header line or chunk size line, with its line end.
pub const LINE_BYTES_MAX: usize = 8 * 1024;
/// The longest head, and the longest trailer section, with all line ends.
pub const HEAD_BYTES_MAX: usize = 32 * 1024;
/// The most header lines, and the most trailer lines.
pub const HEADERS_MAX: usize = 100;
/// The most interim answers (1xx) before the answer.
pub const INTERIM_MAX: usize = 8;

/// Why bytes are no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// They do not begin as HTTP does.
    NotHttp,
    /// They begin as HTTP and then break its rules; says which.
    Malformed(&'static str),
    /// Something is longer than its limit; says what.
    TooLong(&'static str),
    /// They ended before the answer did.
    Truncated,
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotHttp => formatter.write_str("it does not speak HTTP"),
            Self::Malformed(what) => write!(formatter, "its HTTP is broken: {what}"),
            Self::TooLong(what) => write!(formatter, "its answer has too long {what}"),
            Self::Truncated => formatter.write_str("its answer was cut off"),
        }
    }
}

impl std::error::Error for Error {}
