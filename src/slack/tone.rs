//! The colour of a bar says whether somebody needs to act; what happened is said in words.

use crate::message::Tone;

/// As on-call tools colour firing, acknowledged, silenced and resolved alerts. Names of colours
/// (`danger`) are shown grey beside blocks.
pub(super) fn colour(tone: Tone) -> &'static str {
    match tone {
        Tone::Critical => "#a30200",
        Tone::Warning => "#daa038",
        Tone::Info => "#dddddd",
        Tone::Good => "#2eb886",
    }
}
