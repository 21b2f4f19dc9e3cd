//! The cells of the matrix that the real binary is tried with, as data.

use std::fmt;

/// One fault, and what dmon does about it.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) endpoint: Endpoint,
    pub(super) fault: Fault,
    pub(super) when: When,
    pub(super) who: Who,
    pub(super) told: Told,
    pub(super) health: Health,
    /// What of a warning names what does not work, and why.
    pub(super) warning: (&'static str, &'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    Ping,
    Version,
    Info,
    List,
    Inspect,
    Events,
    Logs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// In the Engine's words.
    Error500,
    /// An HTML page.
    BadGateway502,
    /// Text.
    Forbidden403,
    /// Text, without the Engine's words.
    NotFound404,
    /// No answer ever. A stream that is open already: it is mute.
    Hang,
    BadJson,
    TooLarge,
    /// The connection is closed instead of an answer.
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    FromStart,
    /// All connections break, and the fault is there when they are made again.
    AfterGap,
    InCalm,
}

/// Which containers it concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    All,
    One,
}

/// What is reported while the fault lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// The crash.
    Crash,
    /// That the Engine is unreachable; of the crash at the latest after the fault.
    Unreachable,
}

/// What `dmon health` says while the fault lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    Green,
    Red,
    /// Once no inspection was answered for a minute.
    RedInTheEnd,
}

use Endpoint::{Events, Info, Inspect, List, Logs, Ping, Version};
use Fault::{BadGateway502, BadJson, Closed, Error500, Forbidden403, Hang, NotFound404, TooLarge};
use Health::{Green, Red, RedInTheEnd};
use Told::{Crash, Unreachable};
use When::{AfterGap, FromStart, InCalm};
use Who::{All, One};

const LOST: &str = "the Engine is not watched: ";
const NO_INSPECTION: &str = "no inspection of ";
const NO_INSPECTION_OF_ODD: &str = "no inspection of odd: ";

/// Those that take longest come first.
#[rustfmt::skip]
pub(super) static CELLS: [Cell; 48] = [
    cell((Inspect, Error500,      AfterGap,  All), Crash, RedInTheEnd, (NO_INSPECTION, "500")),
    cell((Inspect, Forbidden403,  InCalm,    All), Crash, RedInTheEnd, (NO_INSPECTION, "a proxy forbids")),
    cell((Inspect, BadJson,       InCalm,    All), Crash, RedInTheEnd, (NO_INSPECTION, "cannot be read")),
    cell((Inspect, Hang,          AfterGap,  All), Crash, RedInTheEnd, (NO_INSPECTION, "no answer within 10 s")),

    cell((List,    BadGateway502, FromStart, All), Unreachable, Red, (LOST, "502")),
    cell((List,    Forbidden403,  FromStart, All), Unreachable, Red, (LOST, "a proxy forbids")),
    cell((List,    BadJson,       FromStart, All), Unreachable, Red, (LOST, "")),
    cell((List,    NotFound404,   AfterGap,  All), Unreachable, Red, (LOST, "404")),
    cell((List,    Hang,          AfterGap,  All), Unreachable, Red, (LOST, "10 s")),
    cell((List,    TooLarge,      AfterGap,  All), Unreachable, Red, (LOST, "")),
    cell((Events,  Error500,      FromStart, All), Unreachable, Red, (LOST, "500")),
    cell((Events,  Hang,          FromStart, All), Unreachable, Red, ("no answer from ", "within 10 s: see whether")),
    cell((Events,  BadJson,       FromStart, All), Unreachable, Red, (LOST, "stream ended")),
    cell((Events,  BadGateway502, AfterGap,  All), Unreachable, Red, (LOST, "502")),
    cell((Events,  Closed,        AfterGap,  All), Unreachable, Red, (LOST, "")),

    cell((List,    Error500,      InCalm,    All), Crash, Red,   (LOST, "500")),
    cell((List,    Hang,          InCalm,    All), Crash, Red,   (LOST, "10 s")),
    cell((List,    Closed,        InCalm,    All), Crash, Red,   (LOST, "")),
    cell((List,    BadJson,       InCalm,    One), Crash, Green, ("the list's line of odd", "cannot be read")),
    cell((List,    BadJson,       AfterGap,  One), Crash, Green, ("the list's line of odd", "cannot be read")),
    cell((List,    BadJson,       FromStart, One), Crash, Green, ("the list's line of odd", "cannot be read")),

    cell((Inspect, BadGateway502, FromStart, All), Crash, Red,   (NO_INSPECTION, "502")),
    cell((Inspect, NotFound404,   FromStart, All), Crash, Red,   (NO_INSPECTION, "404")),
    cell((Inspect, Hang,          FromStart, All), Crash, Red,   (NO_INSPECTION, "no answer within 10 s")),
    cell((Inspect, Closed,        FromStart, All), Crash, Red,   (NO_INSPECTION, "")),
    cell((Inspect, Error500,      FromStart, One), Crash, Green, (NO_INSPECTION_OF_ODD, "500")),
    cell((Inspect, Forbidden403,  FromStart, One), Crash, Green, (NO_INSPECTION_OF_ODD, "a proxy forbids")),
    cell((Inspect, TooLarge,      FromStart, One), Crash, Green, (NO_INSPECTION_OF_ODD, "")),
    cell((Inspect, NotFound404,   AfterGap,  One), Crash, Green, (NO_INSPECTION_OF_ODD, "404")),
    cell((Inspect, Hang,          AfterGap,  One), Crash, Green, (NO_INSPECTION_OF_ODD, "no answer within 10 s")),
    cell((Inspect, BadJson,       AfterGap,  One), Crash, Green, (NO_INSPECTION_OF_ODD, "cannot be read")),
    cell((Inspect, BadGateway502, InCalm,    One), Crash, Green, (NO_INSPECTION_OF_ODD, "502")),
    cell((Inspect, Hang,          InCalm,    One), Crash, Green, (NO_INSPECTION_OF_ODD, "no answer within 10 s")),

    cell((Events,  Forbidden403,  FromStart, All), Crash, Green, ("no events: ", "a proxy forbids")),
    cell((Events,  NotFound404,   AfterGap,  All), Crash, Green, ("no events: ", "404")),
    cell((Events,  TooLarge,      AfterGap,  All), Crash, Green, ("a line of the event stream is skipped", "longer than")),
    cell((Events,  BadJson,       InCalm,    One), Crash, Green, ("a line of the event stream is skipped", "")),
    cell((Events,  Hang,          InCalm,    One), Crash, Green, ("the event stream is open", "does not report")),

    cell((Logs,    Forbidden403,  InCalm,    All), Crash, Green, ("no log for an alert: ", "a proxy forbids /containers/{id}/logs")),
    cell((Logs,    Hang,          InCalm,    One), Crash, Green, ("no log for an alert: ", "no answer")),
    cell((Logs,    TooLarge,      FromStart, All), Crash, Green, ("no log for an alert: ", "/containers/{id}/logs")),
    cell((Info,    Error500,      FromStart, All), Crash, Green, ("/info", "500")),
    cell((Info,    BadJson,       FromStart, All), Crash, Green, ("/info", "")),
    cell((Info,    Hang,          AfterGap,  All), Crash, Green, ("/info", "2 s")),
    cell((Ping,    Error500,      FromStart, All), Crash, Green, ("no events: ", "a proxy forbids")),
    cell((Ping,    Hang,          InCalm,    All), Crash, Green, ("no events: ", "a proxy forbids")),
    cell((Version, Forbidden403,  FromStart, All), Crash, Green, ("no events: ", "a proxy forbids")),
    cell((Version, Closed,        InCalm,    All), Crash, Green, ("no events: ", "a proxy forbids")),
];

const fn cell(
    (endpoint, fault, when, who): (Endpoint, Fault, When, Who),
    told: Told,
    health: Health,
    warning: (&'static str, &'static str),
) -> Cell {
    Cell { endpoint, fault, when, who, told, health, warning }
}

impl fmt::Display for Cell {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { endpoint, fault, when, who, .. } = self;
        write!(out, "{endpoint:?} × {fault:?} × {when:?} × {who:?}")
    }
}
