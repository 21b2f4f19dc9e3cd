//! Who asked for a death: signals and stops that the Engine told of, and memory.

use std::time::Duration;

use crate::monitor::moment::Moment;

/// A `kill` older than this excuses a death only together with a `stop`: a process that took a
/// SIGTERM as a hint half a minute ago and dies now dies of something else.
const KILL_EXCUSES_FOR: Duration = Duration::from_secs(30);

/// How near to its death a `stop` must be to vouch for an old `kill`.
const STOP_VOUCHES_WITHIN: Duration = Duration::from_secs(1);

/// How long before a death an `oom` event may lie to be its cause.
const OOM_EXPLAINS_FOR: Duration = Duration::from_secs(10);

/// How long a death waits for a `kill` or `stop` that comes after it.
const LATE: Duration = Duration::from_millis(25);

/// What was sent to one container since it started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signals {
    /// The last signal that is meant to end it.
    pub kill: Option<Kill>,
    /// The last `stop`.
    pub stop: Option<Moment>,
    /// The last time a process in it was killed for memory.
    pub oom: Option<Moment>,
}

/// A signal that is meant to end a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kill {
    /// When.
    pub at: Moment,
    /// Whether the process could do anything about it.
    pub force: Force,
}

/// Whether a process can refuse a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Force {
    /// SIGKILL.
    Certain,
    /// Any other.
    Polite,
}

/// How somebody asked for a death.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Intent {
    /// By a signal alone (`docker kill`, `docker rm -f`).
    Kill,
    /// By a stop.
    Stop,
}

impl Signals {
    /// Who asked for a death at `died`, as far as was told until now.
    pub fn asked(&self, died: Moment) -> Option<Intent> {
        if self.stop.is_some_and(|stop| near(stop, died)) {
            return Some(Intent::Stop);
        }
        let kill = self.kill?;
        let recent = died.since(kill.at) <= KILL_EXCUSES_FOR;
        (recent || kill.force == Force::Certain).then_some(Intent::Kill)
    }

    /// How long after its death a container is given for somebody's request to be told.
    pub fn patience(&self, died: Moment) -> Duration {
        let old_kill = self.kill.is_some() && self.asked(died).is_none();
        if old_kill { STOP_VOUCHES_WITHIN } else { LATE }
    }

    /// Whether a death at `died` follows from memory.
    pub fn out_of_memory(&self, died: Moment) -> bool {
        self.oom.is_some_and(|oom| died.since(oom) <= OOM_EXPLAINS_FOR)
    }
}

fn near(stop: Moment, died: Moment) -> bool {
    stop.since(died).max(died.since(stop)) <= STOP_VOUCHES_WITHIN
}

/// The number of a signal written as the Engine, an image or a person writes it: `15`, `TERM`,
/// `SIGTERM`, `SIGRTMIN+3`. Numbers of Linux on x86 and ARM, and the Engine's own for RTMIN.
pub fn number(signal: &str) -> Option<u32> {
    let signal = signal.trim();
    if let Ok(number) = signal.parse() {
        return Some(number);
    }
    let upper = signal.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    if let Some(offset) = name.strip_prefix("RTMIN") {
        let offset = offset.strip_prefix('+').unwrap_or("0");
        return offset.parse::<u32>().ok().map(|offset| 34 + offset);
    }
    let at = NAMES.iter().position(|known| *known == name)?;
    u32::try_from(at + 1).ok()
}

/// The name of a signal written in any way: `SIGHUP` for `1`. One without a name stays as it is.
pub fn name(signal: &str) -> String {
    let at = number(signal).and_then(|number| usize::try_from(number).ok()?.checked_sub(1));
    let name = at.and_then(|at| NAMES.get(at));
    name.map_or_else(|| signal.to_owned(), |name| format!("SIG{name}"))
}

const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
    "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

/// What a `kill` with this signal is meant to do to a container that stops at `stop_signal`.
pub fn meaning(signal: &str, stop_signal: Option<&str>) -> Option<Force> {
    match number(signal) {
        Some(9) => Some(Force::Certain),
        Some(2 | 3 | 15) => Some(Force::Polite),
        // Podman does not say which signal: that somebody sent one is all there is.
        None if signal.is_empty() => Some(Force::Polite),
        Some(other) if stop_signal.and_then(number) == Some(other) => Some(Force::Polite),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_are_read_as_they_are_written() {
        let check = |text: &str, expected: Option<u32>| assert_eq!(number(text), expected);
        check("15", Some(15));
        check("SIGQUIT", Some(3));
        check("winch", Some(28));
        check("SIGRTMIN+3", Some(37));
        check("RTMIN", Some(34));
        check("SYS", Some(31));
        check("nonsense", None);
        check("", None);
    }

    #[test]
    fn signals_have_names() {
        let check = |text: &str, expected: &str| assert_eq!(name(text), expected);
        check("1", "SIGHUP");
        check("usr1", "SIGUSR1");
        check("37", "37");
        check("0", "0");
    }

    #[test]
    fn only_some_signals_end_a_container() {
        assert_eq!(meaning("9", None), Some(Force::Certain));
        assert_eq!(meaning("15", None), Some(Force::Polite));
        assert_eq!(meaning("1", None), None);
        assert_eq!(meaning("28", Some("SIGWINCH")), Some(Force::Polite));
        assert_eq!(meaning("", None), Some(Force::Polite));
    }

    #[test]
    fn a_death_is_excused_by_what_was_sent_around_it() {
        let at = |seconds| Moment(Duration::from_secs(seconds));
        let check = |kill: Option<(u64, Force)>, stop: Option<u64>, expected: Option<Intent>| {
            let kill = kill.map(|(seconds, force)| Kill { at: at(seconds), force });
            let signals = Signals { kill, stop: stop.map(at), oom: None };
            assert_eq!(signals.asked(at(100)), expected, "{kill:?} {stop:?}");
        };
        check(None, None, None);
        check(Some((95, Force::Polite)), None, Some(Intent::Kill));
        check(Some((101, Force::Polite)), None, Some(Intent::Kill));
        check(Some((60, Force::Polite)), None, None);
        check(Some((60, Force::Certain)), None, Some(Intent::Kill));
        check(Some((40, Force::Polite)), Some(101), Some(Intent::Stop));
        check(None, Some(100), Some(Intent::Stop));
        check(None, Some(50), None);
        check(Some((40, Force::Polite)), Some(90), None);
        check(Some((75, Force::Polite)), Some(90), Some(Intent::Kill));
    }

    #[test]
    fn a_late_stop_is_waited_for_longer_where_an_old_kill_needs_it() {
        let at = |seconds| Moment(Duration::from_secs(seconds));
        let old =
            Signals { kill: Some(Kill { at: at(0), force: Force::Polite }), ..Signals::default() };
        assert_eq!(old.patience(at(60)), STOP_VOUCHES_WITHIN);
        assert_eq!(old.patience(at(10)), LATE);
        assert_eq!(Signals::default().patience(at(10)), LATE);
    }
}
