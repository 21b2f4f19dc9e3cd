//! What Slack was told of one soul is one story: each outage told or counted, and resolved once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dmon::monitor::alert::{Alert, Kind};
use dmon::monitor::container::{Health, RestartPolicy};
use dmon::monitor::identity::Identity;
use dmon::timestamp::Timestamp;

use super::{ASKED_AGAIN_WITHIN, FOUND_WITHIN, Judges, LASTING, SAME, Said, begin, is_problem};
use crate::simulation::host::Post;
use crate::simulation::story::told;
use crate::simulation::truth::{Condition, Death, Fact, Soul, What, Why};
use crate::support::defaults::settings;

/// So long after a death at the most begins what tells of it: a recreation waits two minutes.
const FOLLOWS_WITHIN: Duration = Duration::from_secs(150);

/// Where nothing goes wrong, an outage is told within this: a storm makes the next message wait 30 s.
const TOLD_WITHIN: Duration = Duration::from_secs(40);

/// An incident as Slack was told of it.
struct Incident {
    begin: Timestamp,
    /// The last problem of it.
    last: Timestamp,
    /// When that was told.
    told: Timestamp,
    /// When Slack was told that it is over; `None` while it is open.
    end: Option<Timestamp>,
}

impl Incident {
    fn spans(&self, at: Timestamp) -> bool {
        self.begin - SAME <= at && self.end.is_none_or(|end| at <= end + SAME)
    }
}

impl Judges<'_> {
    pub(super) fn story(&mut self, soul: Soul) {
        let owed = self.owed(soul);
        let mut said: Vec<Said> = Vec::new();
        for post in self.host.posts.iter().filter(|post| post.arrived).chain(&owed) {
            let of = post.alerts.iter().filter(|alert| self.soul(&alert.identity) == Some(soul));
            said.extend(of.map(|alert| (post, alert)));
        }
        self.is_told_once(soul, &said);
        let incidents = self.incidents(soul, &said);
        if self.is_service(soul) {
            self.slack_believes_the_truth(soul, &said, incidents.last());
            self.recoveries_are_apart(soul, &said);
            self.deaths_are_told(soul, &said, &incidents);
            self.signs_are_told(soul, &said, &incidents);
            if self.host.climate.is_fair() {
                self.deaths_are_counted(soul, &said);
                self.outages_are_told_in_time(soul, &said, &incidents);
            }
        }
    }

    /// The notices of automatic restarts that wait to be told, as if they were told at the end.
    fn owed(&self, soul: Soul) -> Vec<Post> {
        let (state, now) = (self.state, self.host.now());
        let accounts = state.ledger.accounts.iter().filter(|(it, _)| self.soul(it) == Some(soul));
        let notices = accounts.flat_map(|(_, account)| &account.notices);
        let restarts = notices
            .filter(|notice| matches!(notice.alert.kind, Kind::RestartedAutomatically { .. }));
        restarts.map(|notice| Post::owed(now, notice.alert.clone())).collect()
    }

    /// What is said twice was said before an answer was lost.
    fn is_told_once(&mut self, soul: Soul, said: &[Said]) {
        let (mut known, mut unsure) = (BTreeSet::new(), BTreeSet::new());
        for (post, alert) in said {
            let first = known.insert((alert.id, alert.ended.is_some()));
            if post.known && !first && !unsure.contains(&alert.id) {
                self.fault(Some(soul), post.at, format!("told twice: {}", told(alert)));
            }
            if !post.known {
                unsure.insert(alert.id);
            }
        }
    }

    /// The incidents that Slack was told of, from the first problem to the end. None ends that was
    /// not open, unless it is said again.
    fn incidents(&mut self, soul: Soul, said: &[Said]) -> Vec<Incident> {
        let mut incidents: Vec<Incident> = Vec::new();
        if let Some(at) = self.introduced(soul) {
            incidents.push(Incident { begin: at, last: at, told: at, end: None });
        }
        let mut seen = BTreeMap::new();
        for (post, alert) in said {
            let again = seen.insert(alert.id, post.at).is_some();
            let open = incidents.last_mut().filter(|it| it.end.is_none());
            let (begin, last, told_at) = (begin(alert), alert.time, post.at);
            match (&alert.kind, open) {
                (Kind::Recovered { .. }, Some(open)) => open.end = Some(post.at),
                (Kind::Recovered { .. }, None) if again => {
                    incidents.last_mut().into_iter().for_each(|last| last.end = Some(post.at));
                }
                (Kind::Recovered { .. }, None) => {
                    let what = format!("recovered of nothing: {}", told(alert));
                    self.fault(Some(soul), post.at, what);
                }
                (_, Some(open)) if is_problem(alert) => {
                    open.begin = open.begin.min(begin);
                    open.last = open.last.max(last);
                    open.told = told_at;
                    open.end = alert.ended;
                }
                (_, None) if is_problem(alert) => {
                    incidents.push(Incident { begin, last, told: told_at, end: alert.ended });
                }
                // What left together stands in the order of its weight, not of its time.
                (Kind::Removed { .. } | Kind::Status { .. }, Some(open))
                    if last >= open.last && open.told != post.at =>
                {
                    open.end = Some(post.at);
                }
                _ => {}
            }
        }
        incidents
    }

    /// What falls ill again within the cooldown after a recovery is said to have recovered when that
    /// lasts: two recoveries are never nearer to each other.
    fn recoveries_are_apart(&mut self, soul: Soul, said: &[Said]) {
        let recovered = said.iter().filter(|(_, it)| matches!(it.kind, Kind::Recovered { .. }));
        let recovered: Vec<_> = recovered.map(|(post, alert)| (alert.id, post.at)).collect();
        for pair in recovered.windows(2) {
            let ((one, before), (other, at)) = (pair[0], pair[1]);
            if one != other && at.since(before) < settings().cooldown {
                self.fault(Some(soul), at, "recovered again within the cooldown".to_owned());
            }
        }
    }

    /// When the start message named it as one that is not well.
    fn introduced(&self, soul: Soul) -> Option<Timestamp> {
        let all = self.host.posts.iter().flat_map(|post| &post.alerts);
        let mut introductions = all.filter_map(|alert| match &alert.kind {
            Kind::Watching { unwell, .. } => Some((alert.time, unwell)),
            _ => None,
        });
        introductions.find_map(|(at, unwell)| {
            let mut names = unwell.iter().map(|(name, _)| name);
            names.any(|name| self.soul_named(name) == Some(soul)).then_some(at)
        })
    }

    /// In the end what Slack was told last is true.
    fn slack_believes_the_truth(&mut self, soul: Soul, said: &[Said], last: Option<&Incident>) {
        let now = self.host.now();
        let Some(is) = self.truth.conditions[soul].last().copied() else { return };
        let open = last.is_some_and(|incident| incident.end.is_none());
        // A baseline is silent.
        let moved = self.truth.happened(soul, self.first_look(), now, |what| {
            matches!(what, What::Died(_) | What::Started(_) | What::Paused | What::Felt(_))
        });
        // A job that has ended, well or not, is no incident.
        // What left together stands in the order of its weight, not of its time.
        let latest = said.iter().max_by_key(|(post, alert)| (post.at, alert.time));
        let failed = latest.is_some_and(|(_, it)| matches!(it.kind, Kind::JobFailed { .. }));
        let missed = self.deaths_missed(soul).last().map(|(fact, _)| fact.at);
        let died = self.truth.deaths(soul).last().map(|(fact, _)| fact.at);
        let job = failed || died.is_some() && died != missed;
        let wrong = if open { is.is_well() } else { is.is_bad() };
        if moved && !job && wrong {
            let open = if open { "open" } else { "over" };
            self.fault(Some(soul), is.at, format!("its incident is {open} for Slack: {is:?}"));
        }
    }

    /// The deaths after the baseline that somebody misses.
    pub(super) fn deaths_missed(&self, soul: Soul) -> impl Iterator<Item = (&Fact, Death)> {
        let first = self.first_look();
        self.truth.deaths(soul).filter(move |(fact, death)| {
            let job = self.truth.is_learned_job(soul, fact.at)
                || death.why != Why::ByItself && self.truth.is_learned_job(soul, fact.at - SAME);
            // A request that went unheard makes a stop an end by itself; runs that went unseen, the
            // last two of them look like a job's.
            let before = self.truth.deaths(soul).filter(|(it, _)| it.at <= fact.at);
            let clean = before.filter(|(_, it)| it.exit_code == 0).count() > 1;
            let passes_for_job = death.exit_code == 0
                && clean
                && self.truth.policies[soul] == RestartPolicy::No
                && (self.host.climate.dmon_ends.is_some() || self.host.climate.questions.is_some());
            fact.at > first
                && !job
                && !passes_for_job
                && death.why != Why::Replaced
                && self.left_a_trace(fact)
        })
    }

    /// Whether a look could find that there was such a container: not if it was made and removed
    /// while nobody looked.
    fn left_a_trace(&self, fact: &Fact) -> bool {
        let of = |what: fn(&What) -> bool| {
            let mut all = self.truth.of(fact.soul).filter(|it| it.id == fact.id);
            all.find(|it| what(&it.what)).map(|it| it.at)
        };
        let (made, removed) = (of(|it| *it == What::Made), of(|it| matches!(it, What::Removed(_))));
        let (Some(made), Some(removed)) = (made, removed) else { return true };
        let in_gap = |(from, to): &(Timestamp, Timestamp)| *from <= made && removed <= *to;
        let between_looks = self.host.climate.polls && removed.since(made) < FOUND_WITHIN;
        !between_looks
            && !self.host.sight.blind.iter().any(in_gap)
            && !self.is_replaced_unconfirmed(fact, removed)
    }

    /// Whether no inspection could show a death, nor that its container is gone, until another one
    /// took its place: absence from a list alone is never believed.
    fn is_replaced_unconfirmed(&self, death: &Fact, removed: Timestamp) -> bool {
        let mut later = self.truth.of(death.soul).filter(|fact| fact.at > removed);
        let Some(next) = later.find(|fact| fact.what == What::Made) else { return false };
        let mut faults = self.inspections_refused(death.soul);
        self.is_deaf(removed - SAME, removed + SAME)
            && faults
                .any(|fault| fault.from <= death.at && next.at <= fault.until + ASKED_AGAIN_WITHIN)
    }

    /// Each death is told, or belongs to what was told.
    fn deaths_are_told(&mut self, soul: Soul, said: &[Said], incidents: &[Incident]) {
        let untold = self.deaths_missed(soul).filter(|(fact, _)| {
            let at = fact.at;
            !(said.iter().any(|said| self.tells_of(said, at))
                || incidents.iter().any(|incident| incident.spans(at))
                || self.is_told_with_engine(soul, at)
                || self.is_told_with_gap(said, at))
        });
        let untold: Vec<(Timestamp, Death)> =
            untold.map(|(fact, death)| (fact.at, death)).collect();
        for (at, death) in untold {
            self.fault(Some(soul), at, format!("never told: {death:?}"));
        }
    }

    /// Whether an alert tells of a death then: at its own time, or it is of what followed (a restart,
    /// a recreation, a removal).
    fn tells_of(&self, (post, alert): &Said, at: Timestamp) -> bool {
        let (soul, begin) = (self.soul(&alert.identity), begin(alert));
        let from = self.seen_since(soul, begin, FOLLOWS_WITHIN);
        let followed = from <= at && begin <= at + FOLLOWS_WITHIN + SAME && at <= post.at;
        let within = begin - SAME <= at && at <= alert.time + SAME;
        !matches!(alert.kind, Kind::Recovered { .. })
            && (within || followed && at <= alert.time.max(begin) + SAME)
    }

    /// Whether a death was told as part of what a time without the Engine changed.
    fn is_told_with_engine(&self, soul: Soul, at: Timestamp) -> bool {
        let said = self.host.posts.iter().filter(|post| post.at >= at).flat_map(|it| &it.alerts);
        let mut named = said.filter_map(|alert| match &alert.kind {
            Kind::EngineRestarted { restarted: names }
            | Kind::EngineReachable { changed: names, .. } => Some((begin(alert), names)),
            _ => None,
        });
        named.any(|(begin, names)| {
            let since = self.seen_since(Some(soul), begin, FOLLOWS_WITHIN);
            since <= at && names.iter().any(|name| self.soul_named(name) == Some(soul))
        })
    }

    /// Whether a death was in a time in which nobody looked, of which something was told: of all that
    /// happened then, the Engine knows the last alone.
    fn is_told_with_gap(&self, said: &[Said], at: Timestamp) -> bool {
        // What follows from it may have come when nobody looked any more.
        let mut gaps = self
            .host
            .sight
            .blind
            .iter()
            .filter(|(from, to)| *from <= at + FOLLOWS_WITHIN && at <= *to);
        gaps.any(|(from, to)| {
            let of_gap =
                |alert: &Alert| alert.time + SAME >= *from && begin(alert) <= *to + FOLLOWS_WITHIN;
            said.iter().any(|(post, alert)| post.at >= at && of_gap(alert))
        })
    }

    /// A failed check or a pause that lasts is told, if dmon could see it.
    fn signs_are_told(&mut self, soul: Soul, said: &[Said], incidents: &[Incident]) {
        let first = self.first_look();
        let signs = self.truth.of(soul).filter(|fact| {
            matches!(fact.what, What::Felt(Health::Unhealthy) | What::Paused) && fact.at > first
        });
        let untold = signs.filter(|fact| {
            let (at, until) = (fact.at, fact.at + FOUND_WITHIN);
            let lasts = self.truth.conditions_between(soul, at, until).all(Condition::is_bad);
            // A failed check is not believed for a while after a pause: it may be of the pause.
            let paused = |what: &What| matches!(what, What::Paused | What::Unpaused);
            let doubted =
                self.host.climate.loses > 0 && self.truth.happened(soul, at - LASTING, at, paused);
            let told = said.iter().any(|(post, alert)| {
                post.at >= at && begin(alert) <= until && alert.time + FOUND_WITHIN >= at
            });
            let within = incidents.iter().any(|incident| incident.spans(at));
            lasts && !doubted && !self.is_blind(at, until) && !told && !within
        });
        let untold: Vec<(Timestamp, What)> = untold.map(|fact| (fact.at, fact.what)).collect();
        for (at, what) in untold {
            self.fault(Some(soul), at, format!("never told: {what:?}"));
        }
    }

    /// Where everything is heard, no death that nobody asked for is left out of the counts, and no
    /// more is counted than happened. A loop counts those again that were told before it was one.
    fn deaths_are_counted(&mut self, soul: Soul, said: &[Said]) {
        let mut accounts =
            self.state.ledger.accounts.iter().filter(|(it, _)| self.soul(it) == Some(soul));
        let open = accounts.find_map(|(_, account)| account.incident.as_ref()).map(|it| it.times);
        let counted = counted(said, open);
        let died = self.deaths_missed(soul).filter(|(_, death)| death.why == Why::ByItself);
        let died = died.count();
        let all = self.truth.of(soul).filter(|fact| !matches!(fact.what, What::Started(_)));
        let loops = said.iter().filter(|(_, it)| matches!(it.kind, Kind::CrashLoop { .. }));
        let most = all.count() + 3 * loops.count();
        if counted < died || counted > most {
            let what = format!("{counted} deaths counted: at least {died}, at most {most}");
            self.fault(Some(soul), self.host.now(), what);
        }
    }

    /// Where nothing goes wrong, an outage is told at once, or after what a storm makes it wait.
    fn outages_are_told_in_time(&mut self, soul: Soul, said: &[Said], incidents: &[Incident]) {
        let alone = self.truth.policies[soul] == RestartPolicy::No && !self.is_task(soul);
        let late = self.deaths_missed(soul).filter(|(fact, death)| {
            let told = said.iter().any(|(post, alert)| {
                alert.time + SAME >= fact.at && post.at.since(fact.at) <= TOLD_WITHIN
            });
            let within = incidents.iter().any(|it| it.begin + SAME < fact.at && it.spans(fact.at));
            alone && death.why == Why::ByItself && !told && !within
        });
        let late: Vec<Timestamp> = late.map(|(fact, _)| fact.at).collect();
        for at in late {
            self.fault(Some(soul), at, "told late".to_owned());
        }
    }

    pub(super) fn is_task(&self, soul: Soul) -> bool {
        let mut identities = self.host.engine.identities.iter();
        identities.any(|(it, of)| *of == soul && matches!(it, Identity::Swarm { .. }))
    }
}

/// How many deaths Slack was told of in all: by notices, and by each incident's last word. `open` is
/// what the next follow-up of the incident that is open will say.
fn counted(said: &[Said], open: Option<u32>) -> usize {
    let (mut all, mut incident) = (0, None::<u32>);
    for (_, alert) in said {
        let times = alert.repeat.map_or(1, |repeat| repeat.times);
        match &alert.kind {
            Kind::RestartedAutomatically { .. } | Kind::JobFailed { .. } => all += times,
            _ if is_problem(alert) && alert.ended.is_some() => all += times,
            _ if is_problem(alert) => incident = Some(incident.unwrap_or(0).max(times)),
            Kind::Recovered { .. } | Kind::Removed { .. } | Kind::Status { .. } => {
                all += incident.take().map_or(0, |before| before.max(times));
            }
            _ => {}
        }
    }
    all += incident.map_or(0, |before| before.max(open.unwrap_or(0)));
    usize::try_from(all).unwrap()
}
