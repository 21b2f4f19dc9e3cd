//! What an exit code means in words.

/// What the Engine says of a start that failed.
pub const FAILED_STARTS: [i64; 4] = [125, 126, 127, 128];

/// The code with what is known of it: `137 (SIGKILL)`, `127 (command not found)`, `7`.
///
/// Above 128 a shell and the Engine report the signal that ended the process, 128 added to its
/// number (Linux on x86 and ARM); 125 to 127 are the Engine's and the shell's own.
pub fn describe(code: i64) -> String {
    let meaning = match code {
        125 => "the container could not be run",
        126 => "command cannot be executed",
        127 => "command not found",
        129 => "SIGHUP",
        130 => "SIGINT",
        131 => "SIGQUIT",
        132 => "SIGILL",
        133 => "SIGTRAP",
        134 => "SIGABRT",
        135 => "SIGBUS",
        136 => "SIGFPE",
        137 => "SIGKILL",
        138 => "SIGUSR1",
        139 => "SIGSEGV",
        140 => "SIGUSR2",
        141 => "SIGPIPE",
        142 => "SIGALRM",
        143 => "SIGTERM",
        152 => "SIGXCPU",
        153 => "SIGXFSZ",
        159 => "SIGSYS",
        _ => return code.to_string(),
    };
    format!("{code} ({meaning})")
}

#[cfg(test)]
mod tests {
    use super::describe;

    #[test]
    fn known_codes_carry_their_meaning() {
        let check = |code: i64, expected: &str| assert_eq!(describe(code), expected);
        check(0, "0");
        check(7, "7");
        check(127, "127 (command not found)");
        check(137, "137 (SIGKILL)");
        check(143, "143 (SIGTERM)");
        check(255, "255");
    }
}
