//! Text files as editors and shells of other systems write them: with a byte order mark, or in
//! UTF-16 (which PowerShell writes with `>`). Line ends stay what they are: whoever reads lines
//! takes CRLF too.

/// The bytes as UTF-8 without a byte order mark. Text that has none is not changed; it need not be
/// valid. UTF-16 is known by its mark.
pub fn utf8(mut bytes: Vec<u8>) -> Vec<u8> {
    match bytes.as_slice() {
        [0xef, 0xbb, 0xbf, ..] => {
            bytes.drain(..3);
            bytes
        }
        [0xff, 0xfe, rest @ ..] => from_utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => from_utf16(rest, u16::from_be_bytes),
        _ => bytes,
    }
}

/// What is half a character becomes U+FFFD.
fn from_utf16(bytes: &[u8], unit: impl Fn([u8; 2]) -> u16) -> Vec<u8> {
    let (units, rest) = bytes.as_chunks::<2>();
    let text = char::decode_utf16(units.iter().map(|pair| unit(*pair)));
    let text = text.map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER));
    let cut = (!rest.is_empty()).then_some(char::REPLACEMENT_CHARACTER);
    text.chain(cut).collect::<String>().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_not_part_of_the_text() {
        let check = |bytes: &[u8], expected: &[u8]| {
            assert_eq!(utf8(bytes.to_vec()), expected, "{bytes:x?}");
        };
        check(b"", b"");
        check(b"a\r\n", b"a\r\n");
        check(b"\xef\xbb\xbfa\r\n", b"a\r\n");
        check(b"\xef\xbb\xbf", b"");
        check(b"\xef\xbb", b"\xef\xbb");
        check(b"a\xef\xbb\xbf", b"a\xef\xbb\xbf");
        check(b"\xff\xfea\0\r\0\n\0", b"a\r\n");
        check(b"\xfe\xff\0a\0\n", b"a\n");
        check(b"\xff\xfe\x3d\xd8\xa8\xde", "🚨".as_bytes());
        check(b"\xff\xfe\x3d\xd8a", "\u{fffd}\u{fffd}".as_bytes());
        check(b"\xff\xfe", b"");
        check(b"\xff\xffa", b"\xff\xffa");
    }
}
