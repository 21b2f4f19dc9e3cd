//! How an Engine is made to fail as a cell wants it.

use super::super::page;
use super::NAMES;
use super::cells::{Cell, Endpoint, Fault, When, Who};
use crate::support::engine::{Container, Reply, ScriptedEngine};

/// More than dmon takes of an event.
pub(super) fn long_line() -> String {
    "x".repeat(5 << 20)
}

impl Cell {
    /// What is there before the fault: `/_ping` is asked where there are no events, `/version` where
    /// there is no ping either.
    pub(super) fn prepare(&self, engine: &ScriptedEngine) {
        let forbidden = || page("403 Forbidden", "Forbidden\n");
        if matches!(self.endpoint, Endpoint::Ping | Endpoint::Version) {
            engine.answer("/events", forbidden());
        }
        if self.endpoint == Endpoint::Version {
            engine.answer("/_ping", forbidden());
        }
    }

    pub(super) fn begin_fault(&self, engine: &ScriptedEngine) {
        let of_containers = |what: &str, reply: &Reply| {
            for name in NAMES.iter().filter(|name| self.who == Who::All || **name == "odd") {
                let id = Container::new(name).id();
                engine.answer(&format!("/containers/{id}/{what}"), reply.clone());
            }
        };
        let reply = self.fault.reply();
        match (self.endpoint, self.fault) {
            (Endpoint::Ping, _) => engine.answer("/_ping", reply),
            (Endpoint::Version, _) => engine.answer("/version", reply),
            (Endpoint::Info, _) => engine.answer("/info", reply),
            (Endpoint::List, Fault::BadJson) if self.who == Who::One => {
                engine.change("odd", Container::listed_oddly);
            }
            (Endpoint::List, _) => engine.answer("/containers/json", reply),
            (Endpoint::Inspect, _) => of_containers("json", &reply),
            (Endpoint::Logs, _) => of_containers("logs", &reply),
            // What comes on a stream that is open already.
            (Endpoint::Events, _) if self.when == When::InCalm => {}
            (Endpoint::Events, Fault::TooLarge) => {
                engine.answer("/events", Reply::EventsAfter(long_line()));
            }
            (Endpoint::Events, _) => engine.answer("/events", reply),
        }
    }

    pub(super) fn end_fault(&self, engine: &ScriptedEngine) {
        engine.answer_all_as_usual();
        engine.change("odd", Container::listed_as_usual);
        // What hangs is let go.
        if self.fault == Fault::Hang {
            engine.cut_connections();
        }
    }
}

impl Fault {
    fn reply(self) -> Reply {
        match self {
            Self::Error500 => Reply::refusal(500, "disk full"),
            Self::BadGateway502 => page("502 Bad Gateway", "<html>502 Bad Gateway</html>\n"),
            Self::Forbidden403 => page("403 Forbidden", "Forbidden\n"),
            Self::NotFound404 => page("404 Not Found", "404 page not found\n"),
            Self::Hang => Reply::Hang,
            Self::BadJson => Reply::json("{\"Id\":<html>"),
            Self::TooLarge => {
                Reply::last("HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n[")
            }
            Self::Closed => Reply::last(""),
        }
    }
}
