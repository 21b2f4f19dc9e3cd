//! What the weather is like between dmon, the Engine and Slack: which seeds lose, repeat, delay and
//! break off what.

use std::time::Duration;

use crate::support::random::Random;

/// The weather of a seed. Chances are one in so many; 0 is never.
#[derive(Clone, Debug)]
pub(super) struct Weather {
    /// An event is lost without a word.
    pub(super) loses: usize,
    /// An event is overtaken by the next.
    pub(super) reorders: usize,
    /// An answer of the Engine's takes seconds.
    pub(super) slow: usize,
    /// There is no event stream.
    pub(super) polls: bool,
    /// Between two breaks of the stream, on average; `None`: it never breaks.
    pub(super) breaks: Option<Duration>,
    /// Between two ends of dmon.
    pub(super) dmon_ends: Option<Duration>,
    /// Between two ends of the Engine.
    pub(super) engine_ends: Option<Duration>,
    /// Between two changes of what Slack does.
    pub(super) slack_turns: Option<Duration>,
    /// Between two deeds.
    pub(super) deeds: Duration,
    /// Between two faults of questions.
    pub(super) questions: Option<Duration>,
    /// Between two steps of clocks.
    pub(super) clocks: Option<Duration>,
    /// The Engine is on another host.
    pub(super) is_remote: bool,
    /// So many lines of its log stand in the alert of a death.
    pub(super) log_lines: u32,
    /// Of so many deaths one is told twice.
    pub(super) doubles: usize,
}

impl Weather {
    /// A third of the seeds have fair weather: what is told in it is exact.
    pub(super) fn of(dice: &mut Random) -> Self {
        let minutes = |most: usize, dice: &mut Random| {
            Duration::from_secs(u64::try_from(60 + dice.below(60 * most)).unwrap())
        };
        let deeds = Duration::from_secs(dice.pick(&[3, 20, 60, 300]));
        let fair = Self {
            loses: 0,
            reorders: 0,
            slow: 0,
            polls: false,
            breaks: None,
            dmon_ends: None,
            engine_ends: None,
            slack_turns: None,
            deeds,
            questions: None,
            clocks: None,
            is_remote: false,
            log_lines: 0,
            doubles: 0,
        };
        let fair = Self {
            log_lines: dice.pick(&[0, 0, 3]),
            doubles: dice.pick(&[0, 0, 4]),
            is_remote: dice.below(3) == 0,
            ..fair
        };
        match dice.below(12) {
            0..3 => return fair,
            // The Engine lives, and questions are answered badly.
            3..6 => {
                return Self {
                    questions: Some(minutes(15, dice)),
                    polls: dice.below(4) == 0,
                    ..fair
                };
            }
            _ => {}
        }
        let questions = (dice.below(3) == 0).then(|| minutes(20, dice));
        let mut some = |most| (dice.below(2) == 0).then(|| minutes(most, dice));
        Self {
            breaks: some(20),
            dmon_ends: some(60),
            engine_ends: some(60),
            slack_turns: some(30),
            loses: dice.pick(&[0, 0, 10, 50]),
            reorders: dice.pick(&[0, 20]),
            slow: dice.pick(&[0, 0, 20]),
            polls: dice.below(8) == 0,
            questions,
            ..fair
        }
    }

    /// Whether dmon can follow a container through a rename, whatever becomes of it next: one that
    /// is renamed and made anew unseen is another for whoever looks later.
    pub(super) fn follows_renames(&self) -> bool {
        let ends = [self.dmon_ends, self.engine_ends, self.questions];
        self.loses == 0 && !self.polls && ends == [None; 3]
    }

    /// Whether everything that happens is heard, and Slack takes everything at once.
    pub(super) fn is_fair(&self) -> bool {
        let Self { breaks, dmon_ends, engine_ends, slack_turns, questions, .. } = *self;
        let troubles = [breaks, dmon_ends, engine_ends, slack_turns, questions];
        self.loses + self.reorders + self.slow == 0 && !self.polls && troubles == [None; 5]
    }

    /// The same, but for questions that are answered badly.
    pub(super) fn is_fair_but_for_questions(&self) -> bool {
        Self { questions: None, polls: false, ..self.clone() }.is_fair()
    }

    /// The calm after: nothing goes wrong any more.
    pub(super) fn calmed(&self) -> Self {
        let (breaks, dmon_ends, engine_ends, slack_turns) = (None, None, None, None);
        let (loses, reorders, slow, questions, clocks) = (0, 0, 0, None, None);
        Self {
            loses,
            reorders,
            slow,
            breaks,
            dmon_ends,
            engine_ends,
            slack_turns,
            questions,
            clocks,
            ..self.clone()
        }
    }
}

/// What Slack does with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    /// Takes it.
    Takes,
    /// Is not there.
    Fails,
    /// Takes it, but its answer is lost.
    Mumbles,
    /// Takes it after many seconds.
    Dawdles,
    /// Asks to wait so long.
    Waits(Duration),
}

pub(super) const MOODS: [Mood; 6] = [
    Mood::Takes,
    Mood::Takes,
    Mood::Fails,
    Mood::Mumbles,
    Mood::Dawdles,
    Mood::Waits(Duration::from_secs(30)),
];
