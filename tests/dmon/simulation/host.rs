//! A host on a virtual clock: an Engine that lives, a dmon that watches it, and the way between them
//! and to Slack, all in one queue of what happens next.

use std::collections::BTreeMap;
use std::time::Duration;

use dmon::docker::ask::Lane;
use dmon::docker::{Endpoint, Error, Response};
use dmon::monitor::alert::Alert;
use dmon::monitor::event::Action;
use dmon::monitor::input::Input;
use dmon::monitor::moment::Moment;
use dmon::monitor::state::State;
use dmon::timestamp::Timestamp;

use super::asking::Asked;
use super::dmon::Dmon;
use super::engine::Engine;
use super::faults::Fault;
use super::life::{Deed, Life};
use super::listening::{Served, Wanted};
use super::reading::Answers;
use super::sight::Sight;
use super::story::{Story, Telling};
use super::troubles::{Ending, Trouble};
use super::truth::Why;
use super::weather::{Mood, Weather};
use crate::support::random::Random;

/// The wall clock when the simulation begins.
pub(super) const EPOCH: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// Something that happens at its time.
pub(super) enum Happening {
    Deed(Deed),
    /// The Engine reads a request.
    Asked(u32, Asked),
    /// An answer reaches a dmon.
    Answered(u32, Asked, Result<Response, Error>),
    /// A list has had no answer for as long as anybody waits.
    Unlisted(u32, Moment),
    /// The Engine reads what a listener asks for; the listener has it.
    Wanted(u32, Wanted),
    Got(u32, Wanted, Result<Vec<u8>, Error>),
    /// Bytes come out of a stream.
    Arrives(u32, Vec<u8>),
    StreamEnds(u32),
    /// A stream that was mute is it no more.
    StreamTells,
    /// A listener hears nothing for a while, or looks what else there is to do.
    Silence(u32),
    Listens(u32),
    /// Something else reaches a dmon.
    Input(u32, Input),
    DmonEnds,
    DmonStarts,
    EngineEnds(Ending),
    EngineStarts(Ending),
    /// The Engine answers from now on, or no longer.
    EngineAnswers(bool),
    /// The next time that something goes wrong.
    Trouble(Trouble),
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

pub(super) struct Host {
    pub(super) engine: Engine,
    /// Where dmon looks for it.
    pub(super) endpoint: Endpoint,
    pub(super) posts: Vec<Post>,
    pub(super) sight: Sight,
    /// When dmon began or ceased to believe that it sees everything.
    pub(super) live: Vec<(Timestamp, bool)>,
    /// When dmon opened the stream, and asked what.
    pub(super) opened_at: Vec<Timestamp>,
    pub(super) questions: Vec<(Timestamp, Lane)>,
    pub(super) weather: Weather,
    /// As it was before the calm.
    pub(super) climate: Weather,
    pub(super) story: Story,
    pub(super) life: Life,
    pub(super) dice: Random,
    /// How long what takes; what is wrong with which answer; what hands do to clocks. Apart, so that
    /// the same happens to the containers however often dmon asks, and with and without.
    pub(super) ways: Random,
    pub(super) flaws: Random,
    pub(super) hands: Random,
    pub(super) faults: Vec<Fault>,
    /// All that there were.
    pub(super) faults_past: Vec<Fault>,
    pub(super) clock: Duration,
    /// How far the host's wall clock is ahead of the truth, in nanoseconds.
    pub(super) wall_is_ahead: i64,
    queue: BTreeMap<(Duration, u64), Happening>,
    queued: u64,
    pub(super) dmon: Option<Dmon>,
    /// What it has read.
    pub(super) answers: Answers,
    /// The Engine's end of the stream.
    pub(super) served: Option<Served>,
    /// Counts the dmons and the streams that there were.
    pub(super) incarnation: u32,
    pub(super) streams: u32,
    pub(super) saved: Option<State>,
    /// How often that was.
    pub(super) saves: u32,
    pub(super) mood: Mood,
    pub(super) boot: u32,
    pub(super) last_told: Duration,
    pub(super) is_calm: bool,
    /// When dmon was awake again and again, and time stood still.
    pub(super) restless: Option<Timestamp>,
    /// When what was saved was not what is read from it.
    pub(super) forgets: Option<Timestamp>,
}

impl Host {
    pub(super) fn new(seed: u64, weather: Weather, telling: Telling) -> Self {
        let random = |which: u64| Random::new(seed.wrapping_add(which << 32));
        let life = Life::new(random(1), &weather);
        let endpoint = if weather.is_remote { "tcp://engine:2375" } else { "/var/run/docker.sock" };
        let mut host = Self {
            engine: Engine::new(),
            endpoint: endpoint.parse().expect("an address"),
            posts: Vec::new(),
            sight: Sight::new(weather.polls, EPOCH),
            live: Vec::new(),
            opened_at: Vec::new(),
            questions: Vec::new(),
            climate: weather.clone(),
            weather,
            story: Story::new(telling),
            life,
            dice: random(2),
            ways: random(5),
            flaws: random(3),
            hands: random(4),
            faults: Vec::new(),
            faults_past: Vec::new(),
            clock: Duration::ZERO,
            wall_is_ahead: 0,
            queue: BTreeMap::new(),
            queued: 0,
            dmon: None,
            answers: Answers::default(),
            served: None,
            incarnation: 0,
            streams: 0,
            saved: None,
            saves: 0,
            mood: Mood::Takes,
            boot: 0,
            last_told: Duration::ZERO,
            is_calm: false,
            restless: None,
            forgets: None,
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
        self.expect_troubles();
        self.until(self.clock + lasting);
        if self.restless.is_some() {
            return;
        }
        self.calms();
        if self.dmon.is_none() {
            self.dmon_starts();
        }
        self.until(self.clock + Duration::from_mins(65));
    }

    pub(super) fn now(&self) -> Timestamp {
        EPOCH + self.clock
    }

    /// What the host's wall clock shows.
    pub(super) fn wall(&self) -> Timestamp {
        Timestamp::from_nanoseconds(self.now().nanoseconds() + self.wall_is_ahead)
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
            let at = [next, self.deadline()].into_iter().flatten().min().unwrap_or(end);
            if at >= end {
                self.clock = end;
                return;
            }
            idle = if at > self.clock { 0 } else { idle + 1 };
            self.clock = self.clock.max(at);
            if idle == 2_000 {
                self.note_all(|| "AWAKE again and again".to_owned());
                self.restless.get_or_insert(EPOCH + at);
                self.dmon = None;
                return;
            }
            if next.is_some_and(|next| next <= self.clock) {
                let (_, happening) = self.queue.pop_first().expect("there is one");
                self.happen(happening);
            } else {
                self.wakes();
            }
        }
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Deed(deed) => self.deed(deed),
            Happening::Asked(dmon, asked) => self.asked(dmon, asked),
            Happening::Answered(dmon, asked, response) => self.answered(dmon, asked, response),
            Happening::Unlisted(dmon, asked) if self.runs(dmon) => self.lists(asked, false),
            Happening::Wanted(dmon, wanted) => self.wanted(dmon, wanted),
            Happening::Got(dmon, wanted, result) => self.got(dmon, wanted, result),
            Happening::Arrives(stream, bytes) => self.arrives(stream, &bytes),
            Happening::StreamEnds(stream) => self.stream_ends(stream),
            Happening::StreamTells => self.stream_tells(),
            Happening::Silence(dmon) if self.runs(dmon) => self.silence(),
            Happening::Listens(dmon) if self.runs(dmon) => self.listen(),
            Happening::Input(dmon, input) if self.runs(dmon) => self.give(input),
            // It ended meanwhile.
            Happening::Unlisted(..)
            | Happening::Silence(_)
            | Happening::Listens(_)
            | Happening::Input(..) => {}
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
            Happening::Trouble(trouble) => self.trouble(trouble),
        }
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
        chances > 0 && self.ways.below(chances) == 0
    }
}
