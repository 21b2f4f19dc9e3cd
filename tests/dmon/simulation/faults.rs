//! What goes wrong between dmon and an Engine that lives: which questions are answered badly, of
//! whom, how often, for how long.

use std::time::Duration;

use dmon::monitor::container::ContainerId;
use dmon::timestamp::Timestamp;

use super::api::{Endpoint, Flaw, Request};
use super::host::{Happening, Host};
use super::truth::Soul;
use crate::support::random::Random;

/// What is wrong with an answer, and of whom alone.
pub(super) type Flawed = (Flaw, Option<ContainerId>);

/// Something that goes wrong for a while.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) endpoint: Endpoint,
    /// About this container alone.
    pub(super) of: Option<Soul>,
    pub(super) flaw: Flaw,
    /// Of so many questions one.
    pub(super) one_in: usize,
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

impl Fault {
    /// Something of the dice's choice, from then on.
    fn of(dice: &mut Random, souls: usize, from: Timestamp) -> Self {
        let endpoint = dice.pick(&ENDPOINTS);
        let alone = matches!(endpoint, Endpoint::List | Endpoint::Inspect | Endpoint::Logs)
            && dice.below(2) == 0;
        let flaws = match endpoint {
            // A line of the list can be wrong; the list as a whole cannot be of one container.
            Endpoint::List if alone => &OF_LINES[..],
            Endpoint::Inspect => &OF_INSPECTIONS[..],
            Endpoint::Events => &OF_STREAMS[..],
            _ => &OF_ALL[..],
        };
        let lasts = dice.pick(&[3, 20, 60, 300, 1_200]);
        let lasts =
            Duration::from_millis(u64::try_from(lasts * (500 + dice.below(1_000))).unwrap());
        Self {
            endpoint,
            of: alone.then(|| dice.below(souls)),
            flaw: dice.pick(flaws),
            one_in: dice.pick(&[1, 1, 1, 2, 7]),
            from,
            until: from + lasts,
        }
    }

    fn is_at(&self, now: Timestamp) -> bool {
        self.from <= now && now < self.until
    }
}

const ENDPOINTS: [Endpoint; 10] = [
    Endpoint::Ping,
    Endpoint::Info,
    Endpoint::List,
    Endpoint::List,
    Endpoint::Inspect,
    Endpoint::Inspect,
    Endpoint::Inspect,
    Endpoint::Logs,
    Endpoint::Events,
    Endpoint::Events,
];

/// What any answer can be.
const OF_ALL: [Flaw; 9] = [
    Flaw::ServerError,
    Flaw::BadGateway,
    Flaw::Forbidden,
    Flaw::NotFound,
    Flaw::NotJson,
    Flaw::CutOff,
    Flaw::TooLarge,
    Flaw::Closed,
    Flaw::Hangs,
];

const OF_LINES: [Flaw; 3] = [Flaw::Missing, Flaw::NoState, Flaw::OddState];

const OF_INSPECTIONS: [Flaw; 11] = [
    Flaw::ServerError,
    Flaw::BadGateway,
    Flaw::Forbidden,
    Flaw::NotFound,
    Flaw::NotJson,
    Flaw::NoState,
    Flaw::OddState,
    Flaw::CutOff,
    Flaw::TooLarge,
    Flaw::Closed,
    Flaw::Hangs,
];

/// The same, and a stream that ends each half second ([`Flaw::CutOff`]) or says nothing
/// ([`Flaw::Missing`]).
const OF_STREAMS: [Flaw; 10] = [
    Flaw::ServerError,
    Flaw::BadGateway,
    Flaw::Forbidden,
    Flaw::NotFound,
    Flaw::CutOff,
    Flaw::CutOff,
    Flaw::Missing,
    Flaw::Missing,
    Flaw::Closed,
    Flaw::Hangs,
];

impl Host {
    /// Something begins to go wrong with questions.
    pub(super) fn questions_trouble(&mut self) {
        let (souls, now) = (self.engine.truth.purposes.len(), self.now());
        let fault = Fault::of(&mut self.flaws, souls, now);
        self.note(|_| (fault.of, format!("FAULT {fault:?}")));
        if fault.endpoint == Endpoint::Events
            && fault.flaw != Flaw::Missing
            && let Some(stream) = self.stream()
        {
            self.queue(Duration::ZERO, Happening::StreamEnds(stream));
        }
        let (flaw, endpoint, lasts) = (fault.flaw, fault.endpoint, fault.until.since(now));
        self.faults_past.push(fault.clone());
        self.faults.push(fault);
        if endpoint == Endpoint::Events && flaw == Flaw::Missing {
            self.hears(false);
            self.queue(lasts, Happening::StreamTells);
        }
    }

    /// A stream that was mute may tell again what happens.
    pub(super) fn stream_tells(&mut self) {
        let is_open = self.stream().is_some() && self.served.is_some();
        if is_open && !self.is_mute() {
            self.hears(true);
        }
    }

    /// What is wrong with the answer to a request, and of whom alone.
    pub(super) fn flaw(&mut self, request: &Request) -> Option<Flawed> {
        let (endpoint, now) = (request.endpoint()?, self.now());
        if endpoint == Endpoint::Events && self.weather.polls {
            return Some((Flaw::Forbidden, None));
        }
        let about = request.id().map(|id| {
            let vessel = self.engine.vessels.get(id);
            vessel.map(|vessel| vessel.soul).or_else(|| self.engine.soul_of(id))
        });
        let fits = |fault: &&Fault| {
            fault.endpoint == endpoint
                && fault.is_at(now)
                && (fault.of.is_none() || about.is_none_or(|about| fault.of == about))
        };
        let fault = self.faults.iter().rev().find(fits)?.clone();
        if self.flaws.below(fault.one_in) > 0 {
            return None;
        }
        let alone = fault.of.filter(|_| about.is_none()).map(|soul| {
            let vessels = self.engine.vessels.values().filter(|it| it.soul == soul);
            vessels.map(|it| it.shown.id.clone()).next_back()
        });
        match alone {
            // There is no such container now.
            Some(None) => None,
            Some(id) => Some((fault.flaw, id)),
            None => Some((fault.flaw, None)),
        }
    }

    /// Whether the stream says nothing of what happens.
    pub(super) fn is_mute(&self) -> bool {
        let now = self.now();
        let mute = |fault: &Fault| {
            fault.endpoint == Endpoint::Events && fault.flaw == Flaw::Missing && fault.is_at(now)
        };
        self.faults.iter().any(mute)
    }
}
