//! What others said, quoted in short.

/// So much is quoted, in characters.
const QUOTE_MAX: usize = 200;

/// The last line, and of that the end: an error begins with who passed it on and ends with what is
/// wrong.
pub fn end(said: &str) -> String {
    let line = said.lines().last().unwrap_or_default();
    match line.char_indices().rev().nth(QUOTE_MAX - 1) {
        Some((start, _)) if start > 0 => format!("…{}", &line[start..]),
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{QUOTE_MAX, end};

    #[test]
    fn the_end_of_an_error_is_quoted() {
        assert_eq!(end("first\nno such file"), "no such file");
        assert_eq!(end(&"ä".repeat(QUOTE_MAX)), "ä".repeat(QUOTE_MAX));
        let long = end(&format!("{}: no such file", "ä".repeat(QUOTE_MAX)));
        assert!(long.starts_with("…ä") && long.ends_with("ä: no such file"), "{long}");
        assert_eq!(long.chars().count(), QUOTE_MAX + 1);
    }
}
