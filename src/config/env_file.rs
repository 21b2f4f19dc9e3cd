//! The grammar of env files, as systemd reads them (`EnvironmentFile=`): text in, assignments out.
//! Which file is read, and whether it may be, is decided in `sources`.
//!
//! Two things differ: `export KEY=VALUE` is read, since people also source these files, and a line
//! that is no assignment is reported with its number, where systemd drops it.

use std::iter::Peekable;
use std::str::Chars;

/// `KEY=VALUE` of an env file. Not `Debug`: the value may be a secret.
#[derive(PartialEq, Eq)]
pub(super) struct Assignment {
    /// The variable's name: letters, digits and underscores.
    pub key: String,
    /// Its value without quotes and escapes.
    pub value: String,
    /// The line it begins on, from 1.
    pub line: usize,
}

/// A line that is no assignment. Never repeats any of it: it may be a secret.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: &'static str,
}

/// Reads a whole file: its assignments and its faults, each in their order. What follows a fault is
/// read from the next line on.
pub(super) fn parse(text: &str) -> (Vec<Assignment>, Vec<Fault>) {
    let text = text.replace("\r\n", "\n");
    let mut scanner = Scanner { rest: text.chars().peekable(), line: 1 };
    let (mut assignments, mut faults) = (Vec::new(), Vec::new());
    while let Some(&first) = scanner.rest.peek() {
        match first {
            '#' | ';' => scanner.skip_line(),
            // Files that were joined have a byte order mark in their midst.
            blank if blank.is_ascii_whitespace() || blank == '\u{feff}' => {
                scanner.next();
            }
            _ => {
                let begin = scanner.clone();
                match scanner.assignment() {
                    Ok(assignment) => assignments.push(assignment),
                    Err(fault) => {
                        // A quote that is never closed took the rest of the file with it. After
                        // one, no later line opens such a quote, so this happens twice at most.
                        if fault.reason == UNCLOSED {
                            scanner = begin;
                            scanner.skip_line();
                        }
                        faults.push(fault);
                    }
                }
            }
        }
    }
    (assignments, faults)
}

const UNCLOSED: &str = "a quote is opened here and never closed";

#[derive(Clone)]
struct Scanner<'a> {
    rest: Peekable<Chars<'a>>,
    line: usize,
}

impl Scanner<'_> {
    fn next(&mut self) -> Option<char> {
        let next = self.rest.next();
        if next == Some('\n') {
            self.line += 1;
        }
        next
    }

    fn skip_line(&mut self) {
        while self.next().is_some_and(|c| c != '\n') {}
    }

    fn assignment(&mut self) -> Result<Assignment, Fault> {
        let line = self.line;
        let fault = |reason| Fault { line, reason };
        let mut left = String::new();
        loop {
            match self.next() {
                Some('=') => break,
                Some('\n') | None => return Err(fault("there is no = in it")),
                Some(other) => left.push(other),
            }
        }
        // Read to its end even when the key is refused, so that the next line is a new one.
        let value = self.value().map_err(fault)?;
        let key = left.trim();
        let key = key.strip_prefix("export ").unwrap_or(key).trim_start();
        if !is_name(key) {
            return Err(fault("what stands before the = is not a name of a variable"));
        }
        Ok(Assignment { key: key.to_owned(), value, line })
    }

    /// Quoted pieces, joined, up to the end of the line or to the first unquoted character: from
    /// there on the rest of the line is taken as it is, quotes included.
    fn value(&mut self) -> Result<String, &'static str> {
        let mut value = String::new();
        while let Some(&first) = self.rest.peek() {
            match first {
                '\'' => self.single_quoted(&mut value)?,
                '"' => self.double_quoted(&mut value)?,
                '\n' => break,
                blank if blank.is_ascii_whitespace() => {
                    self.next();
                }
                _ => {
                    self.unquoted(&mut value);
                    break;
                }
            }
        }
        self.next();
        Ok(value)
    }

    fn single_quoted(&mut self, value: &mut String) -> Result<(), &'static str> {
        self.next();
        loop {
            match self.next() {
                Some('\'') => return Ok(()),
                Some(literal) => value.push(literal),
                None => return Err(UNCLOSED),
            }
        }
    }

    fn double_quoted(&mut self, value: &mut String) -> Result<(), &'static str> {
        self.next();
        loop {
            match self.next() {
                Some('"') => return Ok(()),
                Some('\\') => match self.next() {
                    Some('\n') | None => {}
                    Some(escaped @ ('"' | '\\' | '`' | '$')) => value.push(escaped),
                    Some(other) => value.extend(['\\', other]),
                },
                Some(literal) => value.push(literal),
                None => return Err(UNCLOSED),
            }
        }
    }

    /// Up to the end of the line, which stays; without the blanks before it, unless escaped.
    fn unquoted(&mut self, value: &mut String) {
        let mut kept = value.len();
        while let Some(&here) = self.rest.peek() {
            match here {
                '\n' => break,
                '\\' => {
                    self.next();
                    value.extend(self.next().filter(|escaped| *escaped != '\n'));
                    kept = value.len();
                }
                literal => {
                    self.next();
                    value.push(literal);
                    if !literal.is_ascii_whitespace() {
                        kept = value.len();
                    }
                }
            }
        }
        value.truncate(kept);
    }
}

fn is_name(text: &str) -> bool {
    !text.starts_with(|c: char| c.is_ascii_digit())
        && !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> (Vec<(String, String)>, Vec<Fault>) {
        let (assignments, faults) = parse(text);
        (assignments.into_iter().map(|found| (found.key, found.value)).collect(), faults)
    }

    #[test]
    fn a_value_is_read_as_systemd_reads_it() {
        let check = |text: &str, expected: &str| {
            let expected = vec![("A".to_owned(), expected.to_owned())];
            assert_eq!(pairs(text), (expected, Vec::new()), "{text:?}");
        };
        check("A=b", "b");
        check("A=b\n", "b");
        check("A=", "");
        check("A=\n", "");
        check("  A = b c \t", "b c");
        check("export A=b", "b");
        check("A=b=c", "b=c");
        check("A=b # c", "b # c");
        check("A=b'c\"d", "b'c\"d");
        check("A='b \\ \" c'", "b \\ \" c");
        check("A='b\nc'", "b\nc");
        check("A=\"b\nc\"", "b\nc");
        check("A=\"b \\\" \\\\ \\$ \\` \\n\"", "b \" \\ $ ` \\n");
        check("A=\"b\\\nc\"", "bc");
        check("A='b' \"c\" d ", "bcd");
        check("A=b\\\nc", "bc");
        check("A=b\\ \\c\\\\", "b c\\");
        check("A=b\\ ", "b ");
        check("A=b\\", "b");
        check("A=\"b\"\r\n", "b");
        check("A=b\\\r\nc\r\n", "bc");
        check("\u{feff}A=b", "b");
        check("# A=a\n\u{feff}A=b", "b");
        check("# A=a\n; A=a\n\n   # A=a \\\nA=b", "b");
        check("A=ä 🚨", "ä 🚨");
    }

    #[test]
    fn assignments_keep_their_order_and_lines() {
        let text = "A=1\n\n# x\nB='2\n3'\nA=\"4\\\n5\"\nC=6\\\n7\nD=8";
        let (read, faults) = parse(text);
        assert_eq!(faults, []);
        let read: Vec<_> =
            read.iter().map(|a| (a.key.as_str(), a.value.as_str(), a.line)).collect();
        let expected =
            [("A", "1", 1), ("B", "2\n3", 4), ("A", "45", 6), ("C", "67", 8), ("D", "8", 10)];
        assert_eq!(read, expected);
    }

    #[test]
    fn every_fault_is_told_with_its_line() {
        let check = |text: &str, expected: &[(usize, &str)]| {
            let (_, faults) = pairs(text);
            let faults: Vec<_> = faults.iter().map(|fault| (fault.line, fault.reason)).collect();
            assert_eq!(faults, expected, "{text:?}");
        };
        let (no_equals, no_name) =
            ("there is no = in it", "what stands before the = is not a name of a variable");
        check("A=1\nB\nC=2\n1D=3", &[(2, no_equals), (4, no_name)]);
        check("https://hooks.example.org/x?y=z", &[(1, no_name)]);
        check("=b", &[(1, no_name)]);
        check("A B='c\nd'\nE", &[(1, no_name), (3, no_equals)]);
        check("A=1\nB='2\nC=3", &[(2, UNCLOSED)]);
        check("A=\"b\\", &[(1, UNCLOSED)]);
        check("A='b\nC=\"d\nE", &[(1, UNCLOSED), (2, UNCLOSED), (3, no_equals)]);
    }

    #[test]
    fn what_follows_a_fault_is_read() {
        let check = |text: &str, expected: &[(&str, &str)]| {
            let (pairs, faults) = pairs(text);
            let pairs: Vec<_> = pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            assert_eq!(pairs, expected, "{text:?}");
            assert!(!faults.is_empty(), "{text:?}");
        };
        check("spring.datasource.url=x\nA=b", &[("A", "b")]);
        check("foo-bar='x\ny'\nA=b", &[("A", "b")]);
        check("AWS_SESSION_TOKEN\nA=b", &[("A", "b")]);
        check("set -a\nA=b\nset +a\n", &[("A", "b")]);
        check("MOTD='tis the season\nA=b\nC=\"d\"\n", &[("A", "b"), ("C", "d")]);
        check("A=b\nC='d' \"e\nF=g", &[("A", "b"), ("F", "g")]);
    }

    #[test]
    fn a_file_is_read_again_at_most_twice() {
        for line in ["A=\"\\\"\n", "A='\n", "A=\"\n", "A='\"\n", "A='x' \"\\\n", "A=\\\"\n"] {
            for count in [99, 100] {
                let (_, faults) = parse(&line.repeat(count));
                let unclosed = faults.iter().filter(|fault| fault.reason == UNCLOSED).count();
                assert!(unclosed <= 2, "{line:?} {count}: {unclosed}");
            }
        }
    }
}
