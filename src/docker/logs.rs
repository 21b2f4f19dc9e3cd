//! A container's log as the Engine sends it: with a terminal it is what the terminal showed,
//! without one it comes in frames that say which of the two outputs wrote them.

/// Joins the frames of a log in the order in which they were written. A frame is a head of eight
/// bytes (output, three zeros, length) and the text; what is not a frame is taken as it is.
pub fn demultiplex(mut log: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(log.len());
    while let [0..=2, 0, 0, 0, a, b, c, d, rest @ ..] = log {
        let length = u32::from_be_bytes([*a, *b, *c, *d]);
        let length = usize::try_from(length).unwrap_or(usize::MAX).min(rest.len());
        text.extend_from_slice(&rest[..length]);
        log = &rest[length..];
    }
    text.extend_from_slice(log);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_joined() {
        let check = |log: &[u8], expected: &str| {
            assert_eq!(String::from_utf8_lossy(&demultiplex(log)), expected);
        };
        check(b"\x01\0\0\0\0\0\0\x06hello\n\x02\0\0\0\0\0\0\x06error\n", "hello\nerror\n");
        check(b"\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\x01x", "x");
        check(b"", "");
        check(b"cut off: \x01", "cut off: \u{1}");
        check(b"\x01\0\0\0\0\0\0\x09cut", "cut");
        check(b"a terminal's\r\n", "a terminal's\r\n");
        // A character may be split over two frames.
        check(b"\x01\0\0\0\0\0\0\x01\xc3\x01\0\0\0\0\0\0\x01\xa9", "é");
    }
}
