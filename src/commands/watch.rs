//! `dmon watch`: stays up and tells what happens, as it happens.
//!
//! This thread runs the core: one inbox, one turn at a time. Others stand at the edges: one listens
//! to events, one asks the Engine, one posts, one waits for signals. Each owns what it works with
//! and hands back data. None is waited for at the end: what could keep it busy, a hung Engine or a
//! slow Slack, must not keep dmon from ending when it is asked to.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::Signals;

use super::Failed;
use super::files::Files;
use super::outlet::{self, Outlet};
use super::post::{self, Letter};
use super::vitals::Vitals;
use crate::args::Output;
use crate::clock;
use crate::config::Config;
use crate::docker::ask::{About, Asker, Question};
use crate::docker::listen::{self, Control};
use crate::docker::own;
use crate::json_lines;
use crate::message::alert::{self, Context};
use crate::monitor::Monitor;
use crate::monitor::effect::{Batch, Effect, Level, Suppressed};
use crate::monitor::input::Input;
use crate::monitor::moment::{Moment, Now};
use crate::monitor::settings::Settings;
use crate::store::alive::Alive;
use crate::timestamp::Timestamp;

/// The most inputs that wait for their turn. Events beyond it are thrown away, and a look makes up
/// for them.
const INBOX_MAX: usize = 1024;

pub(super) fn run(
    config: &Config,
    output: Output,
    interval: Option<Duration>,
) -> Result<(), Failed> {
    let outlet = Outlet::of(config, output)?;
    let files = Files::open(config, output)?;
    files.mark_alive(&Alive::starting());
    let interval = interval.unwrap_or(config.realtime_check_interval);
    let memory = files.load();
    let since = memory.last_event;
    let (inbox, turns) = mpsc::sync_channel(INBOX_MAX);
    forward_signals(inbox.clone())
        .map_err(|error| Failed::because(&format!("signals cannot be received: {error}")))?;
    let edges = Edges::start(config, outlet, since, &inbox);
    let begun = clock::monotonic();
    let mut watch = Watch {
        monitor: Monitor::new(
            settings(config, interval, own::own_container()),
            Some(memory),
            now(begun),
        ),
        begun,
        host: outlet::host(config),
        config,
        files,
        vitals: Vitals::default(),
        edges,
    };
    log::info!("watching {}, looking every {} s", config.docker_socket, interval.as_secs());
    while watch.turn(&turns) == Turn::Another {}
    log::info!("ended");
    Ok(())
}

/// The core's settings; `own` is dmon's own container.
pub(super) fn settings(config: &Config, interval: Duration, own: Option<String>) -> Settings {
    Settings {
        interval,
        restart_grace: config.restart_grace,
        cooldown: config.alert_cooldown,
        minimum_severity: config.alert_min_severity,
        manual_stop_severity: config.manual_stop_severity,
        clean_exit_severity: config.clean_exit_severity,
        log_lines: config.alert_log_lines,
        filter: config.names.clone(),
        own_container: own,
    }
}

fn now(begun: Instant) -> Now {
    Now { wall: clock::wall(), monotonic: clock::monotonic().duration_since(begun) }
}

/// Hands the first request to end to the core, which ends in order; a second one ends dmon at once.
fn forward_signals(inbox: SyncSender<Input>) -> io::Result<()> {
    let asked = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT] {
        flag::register_conditional_default(signal, Arc::clone(&asked))?;
        flag::register(signal, Arc::clone(&asked))?;
    }
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    spawn("signals", move || {
        for _ in signals.forever() {
            if inbox.send(Input::Stop).is_err() {
                return;
            }
        }
    });
    Ok(())
}

/// The ways to the threads at the edges.
struct Edges {
    asker: Asker,
    listener: Arc<Control>,
    outlet: Arc<Outlet>,
    letters: Sender<Letter>,
    inbox: SyncSender<Input>,
}

impl Edges {
    fn start(
        config: &Config,
        outlet: Outlet,
        since: Option<Timestamp>,
        inbox: &SyncSender<Input>,
    ) -> Self {
        let listener = Arc::new(Control::default());
        let (endpoint, control, events) =
            (config.docker_socket.clone(), Arc::clone(&listener), inbox.clone());
        spawn("listen", move || listen::listen(&endpoint, since, &events, &control));
        let asker = Asker::new(config.docker_socket.clone(), inbox.clone());
        let outlet = Arc::new(outlet);
        let letters = start_poster(&outlet, inbox);
        Self { asker, listener, outlet, letters, inbox: inbox.clone() }
    }

    /// Leaves the thread that posts to itself, which hangs, and starts another.
    fn replace_poster(&mut self) {
        self.letters = start_poster(&self.outlet, &self.inbox);
    }
}

fn start_poster(outlet: &Arc<Outlet>, inbox: &SyncSender<Input>) -> Sender<Letter> {
    let (letters, written) = mpsc::channel();
    let (outlet, deliveries) = (Arc::clone(outlet), inbox.clone());
    spawn("post", move || post::deliver(&outlet, &written, &deliveries));
    letters
}

/// A thread that is left behind when dmon ends.
fn spawn(name: &str, work: impl FnOnce() + Send + 'static) {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .expect("where no thread can be started nothing can be watched either");
}

/// Whether there is another turn.
#[derive(PartialEq, Eq)]
enum Turn {
    Another,
    Last,
}

struct Watch<'a> {
    monitor: Monitor,
    begun: Instant,
    /// What the host is called in messages.
    host: String,
    config: &'a Config,
    files: Files,
    vitals: Vitals,
    edges: Edges,
}

impl Watch<'_> {
    /// Waits for the next input, at most until the core's deadline, and does what follows from it.
    fn turn(&mut self, turns: &Receiver<Input>) -> Turn {
        let input = self.next(turns);
        if let (Input::Connected { engine: Some(engine), .. }, None) =
            (&input, &self.config.host_name)
        {
            self.host.clone_from(&engine.host_name);
        }
        let effects = self.monitor.step(now(self.begun), input);
        self.check_vitals(clock::monotonic());
        self.edges.listener.set_live(self.monitor.is_live());
        for effect in effects {
            if self.perform(effect) == Turn::Last {
                return Turn::Last;
            }
        }
        Turn::Another
    }

    /// Keeps fresh what `dmon health` reads.
    fn check_vitals(&mut self, now: Instant) {
        if self.vitals.is_due(self.monitor.is_live(), now)
            && let Some(alive) = self.vitals.check(self.monitor.health(), now)
        {
            self.files.mark_alive(&alive);
        }
    }

    fn next(&self, turns: &Receiver<Input>) -> Input {
        let wait = match self.monitor.deadline() {
            Some(at) => at.saturating_sub(now(self.begun).monotonic),
            None => Duration::MAX,
        };
        let wait = wait.min(self.vitals.rest(clock::monotonic()));
        match turns.recv_timeout(wait) {
            Ok(input) => input,
            Err(RecvTimeoutError::Timeout) => Input::Wake,
            Err(RecvTimeoutError::Disconnected) => {
                unreachable!("the thread that waits for signals keeps the inbox open")
            }
        }
    }

    fn perform(&mut self, effect: Effect) -> Turn {
        match effect {
            Effect::List { asked } => self.ask(asked, About::List),
            Effect::Inspect { asked, id } => self.ask(asked, About::Inspect(id)),
            Effect::Ping { asked } => self.ask(asked, About::Ping),
            Effect::FetchLogs { id, lines } => {
                self.ask(Moment::default(), About::Logs { id, lines });
            }
            Effect::Post(batch) => self.post(&batch),
            Effect::Save => self.files.save(&self.monitor.state()),
            Effect::Suppressed(Suppressed { identity, name, what, reason }) => {
                log::info!("not told of {identity} ({name}): {what}: {}", reason.words());
            }
            Effect::Log(remark) => match remark.level() {
                Level::Warning => log::warn!("{remark}"),
                Level::Info => log::info!("{remark}"),
            },
            Effect::ReopenStream => self.edges.listener.reopen_stream(),
            Effect::AbandonPost(_) => self.edges.replace_poster(),
            Effect::Exit => return Turn::Last,
        }
        Turn::Another
    }

    fn ask(&self, asked: Moment, about: About) {
        self.edges.asker.ask(Question { asked, about });
    }

    fn post(&self, batch: &Batch) {
        let time = |moment| self.config.timezone.format(moment);
        let message = alert::message(batch, Context { host: &self.host, time: &time });
        log::info!("telling: {}", message.title);
        let letter = Letter { batch: batch.id, message, lines: json_lines::alerts(batch) };
        self.edges.letters.send(letter).expect("the thread that posts ends after this one");
    }
}
