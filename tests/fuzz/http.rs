//! The HTTP codec under the fuzzer: whatever comes in and wherever it is split, the same comes out,
//! and the limits hold.
//!
//! The first byte of an input says where to split, the rest is what an Engine sends.
#![no_main]

// The codec stands alone, so the fuzzer need not build what dmon depends on.
#[path = "../../src/docker/http/mod.rs"]
#[expect(dead_code, unused_imports, reason = "requests are not fuzzed")]
mod http;

use http::{Decoder, Error, Head, Piece};
use libfuzzer_sys::fuzz_target;

const BODY_BYTES_MAX: u64 = 4096;

/// What an answer comes to.
#[derive(Debug, PartialEq)]
struct Answer {
    head: Option<Head>,
    body: Vec<u8>,
    ended: bool,
    /// Bytes of the input that were not part of it.
    left: usize,
}

/// Decodes `input`, handed over `step` bytes at a time.
fn decode(input: &[u8], step: usize) -> Result<Answer, Error> {
    let mut decoder = Decoder::new(BODY_BYTES_MAX);
    let mut answer = Answer { head: None, body: Vec::new(), ended: false, left: input.len() };
    for chunk in input.chunks(step) {
        let mut rest = chunk;
        while let Some(piece) = decoder.decode(&mut rest)? {
            assert!(!answer.ended, "nothing comes after the end");
            match piece {
                Piece::Head(head) => {
                    assert!(answer.head.is_none(), "one head an answer");
                    answer.head = Some(head);
                }
                Piece::Body(bytes) => {
                    assert!(answer.head.is_some(), "the head comes first");
                    assert!(!bytes.is_empty(), "no empty pieces");
                    answer.body.extend_from_slice(bytes);
                }
                Piece::End => answer.ended = true,
            }
        }
        assert!(answer.ended || rest.is_empty(), "what is not decoded is asked for again");
        answer.left -= chunk.len() - rest.len();
    }
    assert!(answer.body.len() as u64 <= BODY_BYTES_MAX, "the body keeps its limit");
    if !answer.ended {
        decoder.close()?;
    }
    Ok(answer)
}

fuzz_target!(|data: &[u8]| {
    let Some((split, input)) = data.split_first() else { return };
    let whole = decode(input, input.len().max(1));
    assert_eq!(decode(input, 1), whole, "a byte at a time");
    assert_eq!(decode(input, usize::from(*split).max(1)), whole, "in pieces of {split}");
});
