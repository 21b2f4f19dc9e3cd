//! What can be wrong with an answer, byte for byte.

use super::{Answer, stream_head};

/// What is wrong with an answer of an Engine that lives, or of a proxy before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::simulation) enum Flaw {
    /// 500, in the Engine's words.
    ServerError,
    /// 502, a proxy's page.
    BadGateway,
    /// 403, a proxy's text.
    Forbidden,
    /// 404, a proxy's text.
    NotFound,
    /// 200, and it is no JSON.
    NotJson,
    /// 200, and what the container does is not in it.
    NoState,
    /// 200, and what the container does has a word that nobody knows.
    OddState,
    /// 200, and the container is not in the list.
    Missing,
    /// The connection ends in the midst of the answer.
    CutOff,
    /// It says that it is longer than anybody reads.
    TooLarge,
    /// The connection ends without an answer.
    Closed,
    /// There is no answer, ever.
    Hangs,
}

/// All of them.
pub(in crate::simulation) const FLAWS: [Flaw; 12] = [
    Flaw::ServerError,
    Flaw::BadGateway,
    Flaw::Forbidden,
    Flaw::NotFound,
    Flaw::NotJson,
    Flaw::NoState,
    Flaw::OddState,
    Flaw::Missing,
    Flaw::CutOff,
    Flaw::TooLarge,
    Flaw::Closed,
    Flaw::Hangs,
];

/// What comes back on a connection.
#[derive(Debug)]
pub(in crate::simulation) enum Reply {
    /// These bytes, after which the connection ends.
    Bytes(Vec<u8>),
    /// These bytes, after which events follow, with this wrong with them.
    Stream(Vec<u8>, Option<Flaw>),
    /// Nothing, and the connection stays open.
    Nothing,
}

impl Flaw {
    /// An answer with this wrong with it.
    pub(super) fn spoil(self, mut answer: Answer) -> Reply {
        let text = "text/plain; charset=utf-8";
        let answer = match self {
            Self::ServerError => {
                Answer::refusal(500, "layer does not exist: a disk of the Engine is ill")
            }
            Self::BadGateway => Answer::new(502, "text/html", BAD_GATEWAY),
            Self::Forbidden => Answer::new(403, "text/html", FORBIDDEN),
            Self::NotFound => Answer::new(404, text, "404 page not found\n"),
            Self::NotJson => {
                answer.body.truncate(answer.body.len() / 2);
                answer
            }
            // These are in the JSON already.
            Self::NoState | Self::OddState | Self::Missing => answer,
            Self::CutOff => {
                let mut bytes = answer.bytes();
                bytes.truncate(bytes.len() - answer.body.len().div_ceil(2));
                return Reply::Bytes(bytes);
            }
            Self::TooLarge => return Reply::Bytes(answer.head(1 << 40)),
            Self::Closed => return Reply::Bytes(Vec::new()),
            Self::Hangs => return Reply::Nothing,
        };
        Reply::Bytes(answer.bytes())
    }

    /// The answer to `/events` with this wrong with it.
    pub(super) fn of_stream(self) -> Reply {
        match self {
            Self::NotJson | Self::CutOff | Self::NoState | Self::OddState | Self::Missing => {
                Reply::Stream(stream_head(), Some(self))
            }
            _ => self.spoil(Answer::new(200, "application/json", "")),
        }
    }
}

const BAD_GATEWAY: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
    <center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";

const FORBIDDEN: &str = "<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>\n";
