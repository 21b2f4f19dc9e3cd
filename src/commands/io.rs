//! Standard output and standard error. The log has its own way out (`logging`).

use std::env;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use crate::terminal::Colour;

/// Prints a result. Who reads it may leave early (`dmon once --print | head`): that is no failure.
pub fn print(text: &str) {
    let _ = io::stdout().lock().write_all(text.as_bytes());
}

/// Says on standard error why the command line or the settings are refused.
pub fn complain(reason: &dyn Display) {
    let _ = writeln!(io::stderr().lock(), "dmon: {reason}");
}

/// The columns that a line on standard output may take: a terminal's own, else as many as any
/// report wants.
pub(super) fn width() -> usize {
    match terminal_size::terminal_size() {
        Some((terminal_size::Width(columns), _)) => usize::from(columns),
        None => 160,
    }
}

/// Colour for a terminal whose owner did not set `NO_COLOR` (<https://no-color.org>).
pub(super) fn colour() -> Colour {
    let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if io::stdout().is_terminal() && !refused { Colour::On } else { Colour::Off }
}
