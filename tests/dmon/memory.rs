//! What dmon remembers, from the core to `state.json` and back.

use std::fs;
use std::path::Path;
use std::time::Duration;

use dmon::monitor::container::{ContainerId, Labels};
use dmon::monitor::effect::BatchId;
use dmon::monitor::identity::Identity;
use dmon::monitor::ledger::{Account, Pace};
use dmon::monitor::moment::Moment;
use dmon::monitor::state::State;
use dmon::monitor::subject::Subject;
use dmon::store::{Store, memory};
use serde_json::Value;

use crate::support::binary::Home;
use crate::support::golden::assert_golden;

/// A state directory with this in its `state.json`.
fn holding(home: &Home, content: &str) -> Store {
    let store = Store::open(&[home.path().join("state")]).unwrap();
    fs::write(home.path().join("state/state.json"), content).unwrap();
    store
}

/// Every field filled and every variant in it.
const FULL: &str = include_str!("../fixtures/state/state.json");

fn full() -> State {
    read(FULL).unwrap()
}

/// 500 containers of Compose, and 1,000 entries that are pending for them.
fn crowded() -> State {
    let full = full();
    let (container, subject) = (&full.world.containers[&id(1)], &full.subjects[&name("web")]);
    let incident = full.ledger.accounts[&name("web")].incident.clone();
    let notices = full.ledger.accounts[&Identity::Engine].notices[..1].to_vec();
    let account = Account { incident, notices, ..Account::default() };
    let labels: Labels =
        (0..15).map(|n| (format!("com.docker.compose.label-{n}"), "5a".repeat(20))).collect();
    let mut state = State::default();
    for n in 0..500 {
        let identity = name(&format!("shop-service-{n}"));
        let mut container = container.clone();
        (container.identity, container.labels) = (identity.clone(), labels.clone());
        state.world.containers.insert(id(n), container);
        let subject = Subject { run: subject.run.clone(), ..Subject::default() };
        state.subjects.insert(identity.clone(), subject);
        state.ledger.accounts.insert(identity, account.clone());
    }
    state
}

fn id(n: u32) -> ContainerId {
    ContainerId::new(format!("{n:064x}"))
}

fn name(name: &str) -> Identity {
    Identity::Name(name.to_owned())
}

/// What is in `state.json` once the state is saved.
fn written(state: &State) -> String {
    let home = Home::new();
    let store = Store::open(&[home.path().join("state")]).unwrap();
    memory::save(&store, state).unwrap();
    fs::read_to_string(home.path().join("state/state.json")).unwrap()
}

fn read(content: &str) -> Result<State, String> {
    memory::load(&holding(&Home::new(), content))
}

#[test]
fn a_state_is_read_as_it_was_written() {
    // The simulation does the same with what comes to be, at each save.
    for state in [State::default(), full()] {
        assert_eq!(read(&written(&state)).unwrap(), state);
    }
}

#[test]
fn nothing_is_remembered_where_nothing_was_saved() {
    let home = Home::new();
    let store = Store::open(&[home.path().join("state")]).unwrap();
    assert_eq!(memory::load(&store), Ok(State::default()));
}

#[test]
fn what_was_under_way_is_owed_again() {
    let mut state = full();
    let expected = state.clone();
    let notices = state.ledger.accounts.values_mut().flat_map(|account| &mut account.notices);
    notices.for_each(|notice| notice.batch = Some(BatchId(3)));
    assert_eq!(read(&written(&state)).unwrap(), expected);
}

#[test]
fn a_state_that_is_not_understood_is_set_aside_with_a_warning() {
    let home = Home::new();
    let store = holding(&home, &written(&full()).replace("\"began\"", "\"begun\""));
    let warning = memory::load(&store).unwrap_err();
    let reason = "is not used: missing field `began` in ledger.accounts.incident; it is kept as ";
    assert!(warning.contains(reason), "{warning}");
    assert_eq!(memory::load(&store), Ok(State::default()), "a fresh start");
}

/// A new field is added to the file by hand, with a value that is not its default. A release that
/// writes another shape than the last one leaves a copy of that one's file beside this, named by
/// its version.
#[test]
fn a_state_is_written_as_it_always_was() {
    assert_golden("state/state.json", &pretty(&written(&full())));
}

#[test]
fn nothing_of_any_state_ever_written_is_forgotten() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/state");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let before = fs::read_to_string(&path).unwrap();
        let state = read(&before).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let (before, after) = (value(&before), value(&written(&state)));
        let mut missing = missing(&before, &after, "state");
        missing.retain(|line| !RETIRED.iter().any(|field| line.contains(field)));
        assert_eq!(missing, [""; 0], "{}", path.display());
    }
}

/// Wall-clock times by which release 0.1.0 told older from newer. A clock that is set makes them
/// worthless, so they are dropped: what such a state holds is older than any answer.
const RETIRED: [&str; 9] = [
    ".world.removed",
    ".since: ",
    ".heard: ",
    ".listed: ",
    ".listed[",
    ".paused: ",
    ".signals",
    ".details.asked: ",
    ".told: ",
];

#[test]
fn what_an_older_dmon_did_not_write_is_nothing_and_what_a_newer_one_adds_is_passed_over() {
    let content = r#"{"version": 1, "weather": "fine", "state": {
        "world": {"containers": [], "weather": "fine"},
        "subjects": [[{"name": "web"}, {"clean_ends": 2, "weather": {"tomorrow": [1, null]}}]],
        "ledger": {"accounts": [[{"name": "web"}, {}]], "crowd": [], "pace": {"storm": 1}},
        "clock": {"wall": 1800000000000000000, "moment": 1500000000},
        "weather": "fine"
    }}"#;
    let state = read(content).unwrap();
    let web = name("web");
    assert_eq!(state.subjects[&web], Subject { clean_ends: 2, ..Subject::default() });
    assert_eq!(state.ledger.accounts[&web], Account::default());
    assert_eq!(state.ledger.pace, Pace { storm: 1, ..Pace::default() });
    assert_eq!(state.clock.moment, Moment(Duration::from_millis(1_500)));
    assert_eq!(state.answered, None);
}

#[test]
fn the_reason_names_what_is_not_understood_and_where() {
    let check = |part: &str, instead: &str, expected: &str| {
        assert!(FULL.contains(part), "{part}");
        let error = read(&FULL.replacen(part, instead, 1)).unwrap_err();
        let expected = format!(" is not used: {expected}; it is kept as ");
        assert!(error.contains(&expected), "{error}");
    };
    let invalid = "invalid type: string \"1\", expected i64 in answered";
    check("\"answered\": 1800000001123456789", "\"answered\": \"1\"", invalid);
    let invalid = "invalid value: integer `-1`, expected u64 in clock.moment";
    check("\"moment\": 3123456789", "\"moment\": -1", invalid);
    check("\"accounts\"", "\"count\"", "missing field `accounts` in ledger");
    check("\"crash_loop\"", "\"x\"", "unknown variant `x` in ledger.accounts.notices.alert.kind");
}

#[test]
fn the_memory_of_a_busy_host_is_of_reasonable_size() {
    let bytes = written(&crowded()).len();
    assert!(bytes < 2_000_000, "{bytes} bytes");
}

fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

fn pretty(json: &str) -> String {
    serde_json::to_string_pretty(&value(json)).unwrap() + "\n"
}

/// Where `after` lacks what `before` has.
fn missing(before: &Value, after: &Value, at: &str) -> Vec<String> {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => before
            .iter()
            .flat_map(|(key, value)| {
                let at = format!("{at}.{key}");
                missing(value, after.get(key).unwrap_or(&Value::Null), &at)
            })
            .collect(),
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            let pairs = before.iter().zip(after).zip(0..);
            pairs.flat_map(|((a, b), n)| missing(a, b, &format!("{at}[{n}]"))).collect()
        }
        _ if before == after => Vec::new(),
        _ => vec![format!("{at}: {before} became {after}")],
    }
}
