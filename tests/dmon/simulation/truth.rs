//! What truly happened, in the Engine's own times: written down by the Engine of the simulation, and
//! read by the judges alone.

use dmon::monitor::container::{ContainerId, Health, RestartPolicy, Status};
use dmon::timestamp::Timestamp;

/// Who a container is, across renames and recreations. Each is an identity of its own.
pub(super) type Soul = usize;

/// Something that happened.
#[derive(Clone, Debug)]
pub(super) struct Fact {
    pub(super) at: Timestamp,
    pub(super) soul: Soul,
    pub(super) id: ContainerId,
    pub(super) what: What,
}

/// What happened to a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Made,
    Started(By),
    Died(Death),
    /// Somebody stopped it while it waited for its policy.
    GivenUp,
    /// The Engine could not start it.
    StartFailed,
    Paused,
    Unpaused,
    Felt(Health),
    /// A process in it was killed for memory.
    LostProcess,
    /// It got a signal that ends nothing.
    Signalled,
    Renamed,
    /// It was this before.
    Removed(Status),
}

/// Who started a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Person,
    Policy,
    /// The Engine's own start.
    Engine,
}

/// How a container died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Death {
    pub(super) exit_code: i64,
    pub(super) why: Why,
    /// Its policy will start it again.
    pub(super) goes_on: bool,
}

/// Why a container died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    ByItself,
    /// Somebody stopped or killed it.
    Asked,
    /// It went down with the Engine.
    Engine,
    /// Another container runs in its place already.
    Replaced,
}

/// How a soul is, from `at` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) at: Timestamp,
    /// `None`: there is no container that ever ran.
    pub(super) status: Option<Status>,
    pub(super) health: Option<Health>,
}

impl Condition {
    /// It does not run, is frozen, or fails its check.
    pub(super) fn is_bad(self) -> bool {
        self.health == Some(Health::Unhealthy)
            || self.status.is_some_and(|status| status != Status::Running)
    }

    /// It runs, and is healthy if it has a check.
    pub(super) fn is_well(self) -> bool {
        self.status == Some(Status::Running) && matches!(self.health, None | Some(Health::Healthy))
    }
}

/// What a soul is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Is meant to run.
    Service,
    /// Is meant to end: told of only when it fails.
    Job,
    /// Nothing is ever told of it.
    Hidden,
}

/// All that happened.
#[derive(Debug, Default)]
pub(super) struct Truth {
    pub(super) facts: Vec<Fact>,
    /// By soul.
    pub(super) conditions: Vec<Vec<Condition>>,
    pub(super) purposes: Vec<Purpose>,
    pub(super) policies: Vec<RestartPolicy>,
    /// When the Engine was away, and whether it took its containers along.
    pub(super) absences: Vec<Absence>,
}

/// A time without the Engine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Absence {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) restarted: bool,
}

impl Truth {
    pub(super) fn of(&self, soul: Soul) -> impl DoubleEndedIterator<Item = &Fact> {
        self.facts.iter().filter(move |fact| fact.soul == soul)
    }

    /// The deaths of a soul.
    pub(super) fn deaths(&self, soul: Soul) -> impl DoubleEndedIterator<Item = (&Fact, Death)> {
        self.of(soul).filter_map(|fact| match fact.what {
            What::Died(death) => Some((fact, death)),
            _ => None,
        })
    }

    /// Whether it happened between those times, both included.
    pub(super) fn happened(
        &self,
        soul: Soul,
        from: Timestamp,
        to: Timestamp,
        what: impl Fn(&What) -> bool,
    ) -> bool {
        self.of(soul).any(|fact| fact.at >= from && fact.at <= to && what(&fact.what))
    }

    /// How a soul was between those times: as it was at the first, and each change.
    pub(super) fn conditions_between(
        &self,
        soul: Soul,
        from: Timestamp,
        to: Timestamp,
    ) -> impl Iterator<Item = Condition> {
        let all = &self.conditions[soul];
        let first = all.partition_point(|condition| condition.at <= from).saturating_sub(1);
        all[first.min(all.len())..].iter().copied().take_while(move |it| it.at <= to)
    }

    /// Whether a soul passes for a job after a death: it has no policy, and its last two runs ended
    /// by themselves with 0.
    pub(super) fn is_learned_job(&self, soul: Soul, died: Timestamp) -> bool {
        let before = self.deaths(soul).rev().filter(|(fact, _)| fact.at <= died).take(2);
        let clean = |death: Death| death.why == Why::ByItself && death.exit_code == 0;
        self.policies[soul] == RestartPolicy::No
            && before.filter(|(_, death)| clean(*death)).count() == 2
    }
}
