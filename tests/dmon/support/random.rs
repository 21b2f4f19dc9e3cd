//! Random values from a seed, so that a failure can be had again.

use std::time::Duration;

/// A small generator (splitmix64).
pub(crate) struct Random(u64);

impl Random {
    /// The same seed gives the same values.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 0 up to, and without, `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let end = u64::try_from(end).unwrap();
        usize::try_from((mixed ^ (mixed >> 31)) % end).unwrap()
    }

    /// So many milliseconds, to the microsecond.
    pub(crate) fn millis(&mut self, least: usize, most: usize) -> Duration {
        let micros = least * 1_000 + self.below((most - least) * 1_000);
        Duration::from_micros(u64::try_from(micros).unwrap())
    }

    /// One of `items`.
    pub(crate) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// Up to `most` items.
    pub(crate) fn list<T>(&mut self, most: usize, mut item: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(most + 1)).map(|_| item(self)).collect()
    }

    /// Up to `most` pieces of text as bad as containers can say.
    pub(crate) fn text(&mut self, most: usize) -> String {
        let pieces = [
            "a",
            "B",
            "7",
            " ",
            "  ",
            "-",
            "_",
            "*",
            "~",
            "`",
            "```",
            "&",
            "<",
            ">",
            "@",
            "@here",
            "<!channel>",
            "&lt;",
            "\n",
            "\r\n",
            "\t",
            "\u{1b}[31m",
            "\u{0}",
            "\u{9b}",
            "\u{202e}",
            "\u{200b}",
            "\u{301}",
            "名",
            "🚨",
            "👩\u{200d}🚀",
            "⚠\u{fe0f}",
            "שלום",
            "http://x.yz",
            "|",
        ];
        (0..self.below(most + 1)).map(|_| self.pick(&pieces)).collect()
    }
}
