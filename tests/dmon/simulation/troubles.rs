//! When something goes wrong, and what.

use std::time::Duration;

use super::host::{Happening, Host};
use super::life::Deed;
use super::weather::{MOODS, Mood};

/// What goes wrong from time to time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    Stream,
    Dmon,
    Engine,
    Slack,
    Life,
    Questions,
    Clock,
}

/// How an Engine ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Ordered,
    Crash,
    /// A crash, and its containers live on.
    Live,
    Reboot,
}

impl Host {
    pub(super) fn expect_troubles(&mut self) {
        for trouble in [
            Trouble::Stream,
            Trouble::Dmon,
            Trouble::Engine,
            Trouble::Slack,
            Trouble::Life,
            Trouble::Questions,
            Trouble::Clock,
        ] {
            self.expect(trouble);
        }
    }

    /// Plans the next trouble of a kind, unless it is calm.
    fn expect(&mut self, trouble: Trouble) {
        let (mean, dice) = match trouble {
            Trouble::Stream => (self.weather.breaks, &mut self.dice),
            Trouble::Dmon => (self.weather.dmon_ends, &mut self.dice),
            Trouble::Engine => (self.weather.engine_ends, &mut self.dice),
            Trouble::Slack => (self.weather.slack_turns, &mut self.dice),
            Trouble::Life => (Some(self.weather.deeds), &mut self.dice),
            Trouble::Questions => (self.weather.questions, &mut self.flaws),
            Trouble::Clock => (self.weather.clocks, &mut self.hands),
        };
        if let Some(mean) = mean {
            let share = u32::try_from(1 + dice.below(200)).unwrap();
            self.queue(mean * share / 100, Happening::Trouble(trouble));
        }
    }

    pub(super) fn trouble(&mut self, trouble: Trouble) {
        if self.is_calm {
            return;
        }
        let now = Duration::ZERO;
        match trouble {
            Trouble::Stream => {
                if let Some(stream) = self.stream() {
                    self.queue(now, Happening::StreamEnds(stream));
                }
            }
            // Soon after something happened: what is not judged yet must not be lost.
            Trouble::Dmon => {
                self.queue(now, Happening::Deed(Deed::Anything));
                let after = self.life.millis(0, 6_000);
                self.queue(after, Happening::DmonEnds);
            }
            Trouble::Engine => {
                let endings = [Ending::Ordered, Ending::Crash, Ending::Live, Ending::Reboot];
                let ending = self.dice.pick(&endings);
                self.queue(now, Happening::EngineEnds(ending));
            }
            Trouble::Slack => self.mood = self.dice.pick(&MOODS),
            Trouble::Life => self.queue(now, Happening::Deed(Deed::Anything)),
            Trouble::Questions => self.questions_trouble(),
            Trouble::Clock => self.clock_trouble(),
        }
        self.expect(trouble);
    }

    /// Nothing goes wrong any more.
    pub(super) fn calms(&mut self) {
        self.weather = self.weather.calmed();
        self.is_calm = true;
        self.mood = Mood::Takes;
        let now = self.now();
        self.faults.clear();
        self.faults_past.iter_mut().for_each(|fault| fault.until = fault.until.min(now));
        self.stream_tells();
        self.note_all(|| "CALM".to_owned());
    }
}
