//! The threads that ask. Each answers one question at a time and keeps its connection open from one
//! to the next; they are started when they are first needed. No thread waits for another: a question
//! goes straight to a worker, and its answer from there to the inbox.

use std::collections::BTreeSet;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use log::warn;

use super::answer::missing_log;
use super::dispatch::{self, Dispatch, Sent, Ticket};
use super::{About, Lane, Question, answer, further_request, request};
use crate::clock;
use crate::docker::connection::Deadline;
use crate::docker::{Client, Endpoint, Error, Response};
use crate::monitor::input::Input;

/// The most reasons for which logs could not be had that are logged.
const MISSING_LOGS_MAX: usize = 8;

/// Asks the Engine; the answers go to the inbox.
pub struct Asker {
    shared: Arc<Shared>,
}

struct Shared {
    begun: Instant,
    /// Its clients share one limit of threads that connect.
    client: Client,
    inbox: SyncSender<Input>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    dispatch: Dispatch,
    /// The workers of each lane that have nothing to do, the last one that had first: its
    /// connection is the most likely to be open still.
    idle: [Vec<Sender<Job>>; Lane::ALL.len()],
    /// How many workers of each lane there are.
    started: [usize; Lane::ALL.len()],
    /// Hands answers that nobody had to be asked for to the inbox.
    courier: Option<Sender<Input>>,
    /// Why logs could not be had: reasons that are in dmon's own log.
    missing_logs: BTreeSet<String>,
    /// Whether the workers are to end.
    is_over: bool,
}

/// What a worker is given to do.
struct Job {
    sent: Sent,
    /// The way to this worker, for the next job: while it waits, only those who give work hold it.
    worker: Sender<Job>,
}

impl Lane {
    /// The most workers that it needs.
    fn workers_max(self) -> usize {
        match self {
            Self::Lists => dispatch::LISTS_MAX,
            Self::Pings => dispatch::PINGS_MAX,
            Self::Inspections => dispatch::INSPECTIONS_MAX + dispatch::SLOW_INSPECTIONS_MAX,
            Self::Logs => dispatch::LOGS_MAX,
        }
    }
}

impl Asker {
    /// Asks the Engine at that address. The threads end with this, those that are busy once they
    /// are not.
    pub fn new(endpoint: Endpoint, inbox: SyncSender<Input>) -> Self {
        let (begun, client) = (clock::monotonic(), Client::new(endpoint));
        let state = Mutex::new(State::default());
        Self { shared: Arc::new(Shared { begun, client, inbox, state }) }
    }

    /// Asks. Never waits: the number of questions that wait is limited, and one above the limit is
    /// answered as unanswered.
    pub fn ask(&self, question: Question) {
        let now = self.shared.now();
        let mut state = self.shared.state();
        state.dispatch.ask(question, now);
        self.shared.assign(&mut state);
    }
}

impl State {
    /// Alerts go out without their log lines: each reason is logged once.
    fn warn_of_missing_log(&mut self, reason: String) {
        if self.missing_logs.len() < MISSING_LOGS_MAX && !self.missing_logs.contains(&reason) {
            warn!("no log for an alert: {reason}; such alerts are sent without log lines");
            self.missing_logs.insert(reason);
        }
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.is_over = true;
        state.courier = None;
        state.idle.iter_mut().for_each(Vec::clear);
    }
}

impl Shared {
    fn now(&self) -> Duration {
        clock::monotonic().saturating_duration_since(self.begun)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("a thread that panics ends dmon")
    }

    /// Gives each question that may be sent to a worker, and each answer that is due to the courier.
    fn assign(self: &Arc<Self>, state: &mut State) {
        let now = self.now();
        for input in state.dispatch.due(now) {
            self.carry(state, input);
        }
        for (index, lane) in Lane::ALL.into_iter().enumerate() {
            while !state.idle[index].is_empty() || state.started[index] < lane.workers_max() {
                let Some(sent) = state.dispatch.next(lane, now) else { break };
                let worker = state.idle[index].pop().unwrap_or_else(|| {
                    state.started[index] += 1;
                    self.start(index)
                });
                let job = Job { sent, worker: worker.clone() };
                worker.send(job).expect("a worker that is idle or new waits for work");
            }
        }
    }

    fn start(self: &Arc<Self>, index: usize) -> Sender<Job> {
        let (worker, jobs) = mpsc::channel();
        let shared = Arc::clone(self);
        spawn("ask", move || shared.work(index, &jobs));
        worker
    }

    /// What a worker does.
    fn work(self: &Arc<Self>, index: usize, jobs: &Receiver<Job>) {
        let mut client = self.client.another();
        while let Ok(Job { sent: Sent { ticket, question }, worker }) = jobs.recv() {
            let response = self.ask(&mut client, ticket, &question);
            let missing_log = missing_log(&question, &response);
            let answer = answer(&question, response);
            let mut state = self.state();
            if let Some(reason) = missing_log {
                state.warn_of_missing_log(reason);
            }
            if let Some(answer) = state.dispatch.finished(ticket, answer) {
                // Whoever has the answer finds its worker idle, unless the inbox is full.
                match self.inbox.try_send(answer) {
                    Ok(()) => {}
                    Err(TrySendError::Full(answer)) => {
                        drop(state);
                        if self.inbox.send(answer).is_err() {
                            return;
                        }
                        state = self.state();
                    }
                    Err(TrySendError::Disconnected(_)) => return,
                }
            }
            if state.is_over {
                return;
            }
            state.idle[index].push(worker);
            self.assign(&mut state);
        }
    }

    /// Asks what is to be asked, for as long as the question is not given up.
    fn ask(
        self: &Arc<Self>,
        client: &mut Client,
        ticket: Ticket,
        question: &Question,
    ) -> Result<Response, Error> {
        let extension = || {
            let mut state = self.state();
            // What is late, this one too, is reported now.
            self.assign(&mut state);
            state.dispatch.until(ticket).map(|until| self.begun + until)
        };
        let until = self.state().dispatch.until(ticket).unwrap_or_default();
        let by = Deadline::after(until.saturating_sub(self.now())).extended_by(&extension);
        let mut target = request(question);
        let mut made = 1;
        loop {
            if question.about == About::Ping {
                client.disconnect();
            }
            let response = client.fetch(&target, question.about.body_bytes_max(), by);
            let Some(further) = further_request(question, made, &response) else {
                return response;
            };
            target = further;
            made += 1;
        }
    }

    /// Has an answer handed to the inbox, which may be full, by a thread that may wait for it.
    fn carry(self: &Arc<Self>, state: &mut State, input: Input) {
        let courier = state.courier.get_or_insert_with(|| {
            let (courier, answers) = mpsc::channel();
            let inbox = self.inbox.clone();
            spawn(
                "answers",
                move || while answers.recv().is_ok_and(|input| inbox.send(input).is_ok()) {},
            );
            courier
        });
        // After the inbox is closed nobody wants it.
        let _ = courier.send(input);
    }
}

/// A thread that is left behind when dmon ends.
fn spawn(name: &str, work: impl FnOnce() + Send + 'static) {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .expect("where no thread can be started nothing can be watched either");
}
