//! A host on a virtual clock: an Engine that lives, a dmon that watches it, and the way between them
//! and to Slack, all in one queue of what happens next.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use dmon::monitor::Monitor;
use dmon::monitor::alert::Alert;
use dmon::monitor::effect::Effect;
use dmon::monitor::event::{Action, Event};
use dmon::monitor::input::{Input, Loss};
use dmon::monitor::state::State;
use dmon::timestamp::Timestamp;

use super::engine::Engine;
use super::life::{Deed, Life};
use super::truth::{Soul, Why};
use super::weather::{MOODS, Mood, Weather};
use crate::support::random::Random;

/// The wall clock when the simulation begins.
pub(super) const EPOCH: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// Something that happens at its time.
pub(super) enum Happening {
    Deed(Deed),
    /// An event comes out of a stream.
    Told(u32, Event),
    /// The Engine reads a question that was sent then.
    Asked(u32, Effect),
    /// Something reaches a dmon.
    Input(u32, Input),
    /// The listener tries to open the stream.
    Connects(u32),
    StreamEnds(u32),
    DmonEnds,
    DmonStarts,
    EngineEnds(Ending),
    EngineStarts(Ending),
    /// It answers from now on, or no longer.
    EngineAnswers(bool),
    SlackTurns,
    /// The next time that something goes wrong.
    Trouble(Trouble),
}

#[derive(Clone, Copy)]
pub(super) enum Trouble {
    Stream,
    Dmon,
    Engine,
    Slack,
    Life,
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

/// A line of the story: what happened, and to whom alone.
pub(super) struct Line {
    pub(super) at: Timestamp,
    pub(super) soul: Option<Soul>,
    pub(super) what: String,
}

/// A message on its way to Slack.
#[derive(Clone, Debug)]
pub(super) struct Post {
    pub(super) at: Timestamp,
    pub(super) alerts: Vec<Alert>,
    /// Whether it arrived, and whether dmon knows.
    pub(super) arrived: bool,
    pub(super) known: bool,
    /// When dmon hears what became of it.
    pub(super) answered: Timestamp,
}

impl Post {
    /// One that is still to leave.
    pub(super) fn owed(at: Timestamp, alert: Alert) -> Self {
        Self { at, alerts: vec![alert], arrived: true, known: true, answered: at }
    }
}

/// A dmon that runs.
pub(super) struct Dmon {
    pub(super) monitor: Monitor,
    pub(super) begun: Duration,
    /// The stream it listens to; the newest event it has heard.
    pub(super) stream: Option<u32>,
    pub(super) since: Option<Timestamp>,
    pub(super) backoff: Duration,
}

pub(super) struct Host {
    pub(super) engine: Engine,
    pub(super) posts: Vec<Post>,
    /// When dmon could not see: from, to.
    pub(super) blind: Vec<(Timestamp, Timestamp)>,
    pub(super) weather: Weather,
    /// As it was before the calm.
    pub(super) climate: Weather,
    /// All that happened, for whoever wants to know why.
    pub(super) story: Vec<Line>,
    pub(super) blind_since: Option<Timestamp>,
    pub(super) life: Life,
    pub(super) dice: Random,
    pub(super) clock: Duration,
    pub(super) queue: BTreeMap<(Duration, u64), Happening>,
    pub(super) queued: u64,
    pub(super) dmon: Option<Dmon>,
    /// Counts the dmons and the streams that there were.
    pub(super) incarnation: u32,
    pub(super) streams: u32,
    pub(super) saved: Option<State>,
    pub(super) mood: Mood,
    pub(super) boot: u32,
    pub(super) last_told: Duration,
    pub(super) is_calm: bool,
}

impl Host {
    pub(super) fn new(seed: u64) -> Self {
        let mut dice = Random::new(seed);
        let weather = Weather::of(&mut dice);
        let renames = weather.follows_renames();
        let mut host = Self {
            engine: Engine::new(),
            posts: Vec::new(),
            blind: Vec::new(),
            blind_since: Some(EPOCH),
            climate: weather.clone(),
            weather,
            story: Vec::new(),
            life: Life::new(Random::new(seed.wrapping_add(1 << 32)), renames),
            dice,
            clock: Duration::ZERO,
            queue: BTreeMap::new(),
            queued: 0,
            dmon: None,
            incarnation: 0,
            streams: 0,
            saved: None,
            mood: Mood::Takes,
            boot: 0,
            last_told: Duration::ZERO,
            is_calm: false,
        };
        for plan in host.life.first_plans() {
            host.queue(Duration::ZERO, Happening::Deed(Deed::Make(plan.into(), true)));
        }
        host.queue(Duration::from_mins(1), Happening::DmonStarts);
        host
    }

    /// Lets everything happen for so long, in this weather, and then an hour of calm.
    pub(super) fn live(&mut self, lasting: Duration) {
        self.until(Duration::from_secs(90));
        for trouble in
            [Trouble::Stream, Trouble::Dmon, Trouble::Engine, Trouble::Slack, Trouble::Life]
        {
            self.expect(trouble);
        }
        self.until(self.clock + lasting);
        self.weather = self.weather.calmed();
        self.is_calm = true;
        self.mood = Mood::Takes;
        if self.dmon.is_none() {
            self.dmon_starts();
        }
        self.until(self.clock + Duration::from_mins(75));
    }

    /// What happened to a soul, and to all, between those times.
    pub(super) fn told_of(&self, soul: Option<Soul>, from: Timestamp, to: Timestamp) -> String {
        let lines = self.story.iter().filter(|line| line.at >= from && line.at <= to);
        let lines = lines.filter(|line| line.soul.is_none() || line.soul == soul);
        lines.fold(String::new(), |mut story, line| {
            let _ = writeln!(story, "{} {}", second(line.at), line.what);
            story
        })
    }

    pub(super) fn now(&self) -> Timestamp {
        EPOCH + self.clock
    }

    /// What dmon remembers in the end.
    pub(super) fn state(&self) -> State {
        self.dmon.as_ref().expect("in the calm it runs").monitor.state()
    }

    pub(super) fn queue(&mut self, after: Duration, happening: Happening) {
        self.queued += 1;
        self.queue.insert((self.clock + after, self.queued), happening);
    }

    fn until(&mut self, end: Duration) {
        let mut idle = 0;
        loop {
            let next = self.queue.first_key_value().map(|((at, _), _)| *at);
            let wake = self.deadline();
            let at = match (next, wake) {
                (Some(next), Some(wake)) => next.min(wake),
                (Some(at), None) | (None, Some(at)) => at,
                (None, None) => end,
            };
            if at >= end {
                self.clock = end;
                return;
            }
            idle = if at > self.clock { 0 } else { idle + 1 };
            assert!(idle < 2_000, "awake again and again at {:?}", self.now());
            self.clock = self.clock.max(at);
            if next.is_some_and(|next| next <= self.clock) {
                let (_, happening) = self.queue.pop_first().unwrap();
                self.happen(happening);
            } else {
                self.give(Input::Wake);
            }
        }
    }

    fn deadline(&self) -> Option<Duration> {
        let dmon = self.dmon.as_ref()?;
        Some(dmon.begun + dmon.monitor.deadline()?)
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Deed(deed) => self.deed(deed),
            Happening::Told(stream, event) => {
                if self.dmon.as_ref().is_some_and(|dmon| dmon.stream == Some(stream)) {
                    let dmon = self.dmon.as_mut().unwrap();
                    dmon.since = dmon.since.max(Some(event.time));
                    self.give(Input::Event(event));
                }
            }
            Happening::Asked(dmon, question) => self.asked(dmon, question),
            Happening::Input(dmon, input) => {
                if self.runs(dmon) {
                    self.give(input);
                }
            }
            Happening::Connects(dmon) => self.connects(dmon),
            Happening::StreamEnds(stream) => {
                if let Some(dmon) = self.dmon.as_mut().filter(|it| it.stream == Some(stream)) {
                    dmon.stream = None;
                    dmon.backoff = Duration::from_millis(100);
                    self.lost(Loss::StreamEnded);
                }
            }
            Happening::DmonStarts => {
                if self.dmon.is_none() {
                    self.dmon_starts();
                }
            }
            Happening::DmonEnds => self.dmon_ends(),
            Happening::EngineEnds(ending) => self.engine_ends(ending),
            Happening::EngineStarts(ending) => self.engine_starts(ending),
            Happening::EngineAnswers(answers) => {
                self.engine.answers = answers && self.engine.is_up;
            }
            Happening::SlackTurns => self.mood = self.dice.pick(&MOODS),
            Happening::Trouble(trouble) => self.trouble(trouble),
        }
    }

    pub(super) fn runs(&self, dmon: u32) -> bool {
        self.incarnation == dmon && self.dmon.is_some()
    }

    /// Plans the next trouble of a kind, unless it is calm.
    fn expect(&mut self, trouble: Trouble) {
        let mean = match trouble {
            Trouble::Stream => self.weather.breaks,
            Trouble::Dmon => self.weather.dmon_ends,
            Trouble::Engine => self.weather.engine_ends,
            Trouble::Slack => self.weather.slack_turns,
            Trouble::Life => Some(self.weather.deeds),
        };
        if let Some(mean) = mean {
            let share = u32::try_from(1 + self.dice.below(200)).unwrap();
            self.queue(mean * share / 100, Happening::Trouble(trouble));
        }
    }

    fn trouble(&mut self, trouble: Trouble) {
        if self.is_calm {
            return;
        }
        let now = Duration::ZERO;
        match trouble {
            Trouble::Stream => {
                if let Some(stream) = self.dmon.as_ref().and_then(|dmon| dmon.stream) {
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
            Trouble::Slack => self.queue(now, Happening::SlackTurns),
            Trouble::Life => self.queue(now, Happening::Deed(Deed::Anything)),
        }
        self.expect(trouble);
    }

    fn deed(&mut self, deed: Deed) {
        // Nobody can ask anything of an Engine that is not there; what ends then is found by it.
        let (now, is_up) = (self.now(), self.engine.is_up);
        let by_engine =
            matches!(deed, Deed::End(_, _, _, Why::Engine) | Deed::Says(_, Action::Stop));
        if !is_up && !by_engine {
            return;
        }
        let plans = self.life.act(&mut self.engine, deed, now);
        for (after, deed) in plans {
            self.queue(after, Happening::Deed(deed));
        }
        self.hand_on();
    }

    pub(super) fn one_in(&mut self, chances: usize) -> bool {
        chances > 0 && self.dice.below(chances) == 0
    }

    pub(super) fn note(&mut self, soul: Option<Soul>, what: String) {
        self.story.push(Line { at: self.now(), soul, what });
    }
}

/// An alert in a line.
pub(super) fn told(alert: &Alert) -> String {
    let times =
        alert.repeat.map(|repeat| format!(" ×{} since {}", repeat.times, second(repeat.since)));
    let ended = alert.ended.map(|at| format!(" over at {}", second(at)));
    let late = alert.between.map(|(from, to)| format!(" between {} {}", second(from), second(to)));
    let more = [times, ended, late].into_iter().flatten().collect::<String>();
    format!(
        "{} {} {:?} at {} {more} #{}",
        alert.severity,
        alert.identity,
        alert.kind,
        second(alert.time),
        alert.id
    )
}

/// Seconds since the beginning.
pub(super) fn second(at: Timestamp) -> String {
    let nanoseconds = at.nanoseconds() - EPOCH.nanoseconds();
    let (seconds, rest) =
        (nanoseconds.div_euclid(1_000_000_000), nanoseconds.rem_euclid(1_000_000_000));
    format!("{seconds}.{:03}", rest / 1_000_000)
}
