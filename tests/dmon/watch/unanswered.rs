//! A question that is refused, cannot be read, or is never answered: it concerns that question and
//! that container alone, and neither the log nor `dmon test` nor `dmon health` keeps silent about it.

use std::time::Duration;

use dmon::clock;

use super::{
    AT_ONCE, DOWN, RESTARTED, engine, expect_death, fail, inspection_of, page, start, watch,
    watch_without_events,
};
use crate::support::engine::{Container, Reply, ScriptedEngine};
use crate::support::real_engine::say;
use crate::support::watching::Watching;

/// An Engine with those containers, and somebody before it who answers all inspections so.
fn behind_a_proxy(names: &[&str], answer: &Reply) -> ScriptedEngine {
    let engine = ScriptedEngine::new(names.iter().map(|name| Container::new(name)));
    for name in names {
        engine.answer(&inspection_of(name), answer.clone());
    }
    engine
}

/// The line of `dmon test` about inspections, which is bad.
fn bad_inspections(dmon: &Watching) -> String {
    let finished = dmon.run("test");
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let mut lines = finished.stdout.lines();
    let line = lines.find(|line| line.contains(" inspect: ")).unwrap();
    assert!(line.starts_with("✗ inspect: "), "{line}");
    line.to_owned()
}

#[test]
fn a_proxy_that_refuses_every_inspection_hides_no_death() {
    let forbidden = page("403 Forbidden", "Forbidden\n");
    let engine = behind_a_proxy(&["shop-web", "shop-db"], &forbidden);
    let mut dmon = watch(&engine, &[]);
    let warning = dmon.logs("no inspection of shop-db, shop-web: ");
    let why = "a proxy forbids /containers/{id}/json";
    assert!(warning.contains("WARNING") && warning.contains(why), "{warning}");
    fail(&engine, "shop-web", 1);
    dmon.within(AT_ONCE).expect(DOWN, &[("Container", "shop-web")]);
    dmon.expect_health(1, "containers cannot be judged: no inspection is answered: a proxy");
    let line = bad_inspections(&dmon);
    assert!(line.contains("CONTAINERS=1") && line.contains("-allowGET="), "{line}");
    assert_eq!(
        dmon.process().lines_with("WARNING no inspection of ").len(),
        1,
        "warned about once"
    );
    // One for `dmon test`.
    assert_eq!(engine.requests_of("/events"), 2, "nothing was lost");
    dmon.end();
}

#[test]
fn a_404_without_the_words_of_the_engine_removes_no_container() {
    let unknown = page("404 Not Found", "404 page not found\n");
    let engine = behind_a_proxy(&["shop-web", "shop-db", "shop-x"], &unknown);
    let mut dmon = watch(&engine, &[]);
    dmon.logs("no inspection of ");
    let lists = engine.requests_of("/containers/json");
    engine.wait_for_requests("/containers/json", lists + 3);
    fail(&engine, "shop-web", 1);
    dmon.within(AT_ONCE).expect(DOWN, &[("Container", "shop-web")]);
    dmon.expect_health(1, "no inspection is answered: ");
    bad_inspections(&dmon);
    // No more was reported: no container counts as removed.
    dmon.end();
}

#[test]
fn a_404_in_the_words_of_the_engine_removes_one_that_the_list_does_not_show() {
    let engine = engine();
    let mut dmon = watch(&engine, &[]);
    engine.remove("web");
    dmon.expect("🚨 Container Removed - CRITICAL", &[("Container", "web")]);
    dmon.end();
}

#[test]
fn an_inspection_that_cannot_be_read_delays_no_other_and_is_warned_about_once() {
    for state in [r#"{"Status":"unknown"}"#, "null"] {
        let engine = ScriptedEngine::new(["shop-odd", "shop-web", "shop-db"].map(Container::new));
        let id = Container::new("shop-odd").id();
        let body = format!(r#"{{"Id":"{id}","Name":"/shop-odd","State":{state}}}"#);
        engine.answer(&inspection_of("shop-odd"), Reply::json(body));
        let mut dmon = watch(&engine, &[]);
        let warning = dmon.logs("no inspection of shop-odd");
        assert!(warning.contains("WARNING") && warning.contains("cannot be read"), "{warning}");
        for name in ["shop-web", "shop-db"] {
            expect_death(&engine, &mut dmon, name);
        }
        dmon.expect_health(0, "warning: shop-odd cannot be inspected: ");
        // Its own death is reported with what the event and the list say.
        fail(&engine, "shop-odd", 4);
        dmon.within(AT_ONCE).expect(DOWN, &[("Container", "shop-odd")]).says("code 4");
        assert_eq!(engine.requests_of("/events"), 1, "nothing was lost");
        assert_eq!(
            dmon.process().lines_with("WARNING no inspection of ").len(),
            1,
            "warned about once"
        );
        dmon.end();
    }
}

#[test]
fn an_inspection_that_hangs_delays_no_death() {
    let names = ["shop-nfs", "shop-w0", "shop-w1", "shop-w2", "shop-w3", "shop-w4"];
    let engine = ScriptedEngine::new(names.map(Container::new));
    engine.answer(&inspection_of("shop-nfs"), Reply::Hang);
    let mut dmon = watch(&engine, &[]);
    // It is given up after ten seconds; the warning comes three seconds later.
    let warning = dmon.within(Duration::from_secs(18)).logs("no inspection of shop-nfs");
    assert!(warning.contains("WARNING") && warning.contains("no answer within 10 s"), "{warning}");
    for name in &names[1..] {
        expect_death(&engine, &mut dmon, name);
    }
    dmon.expect_health(0, "warning: shop-nfs cannot be inspected: ");
    let tries = engine.requests_of(&inspection_of("shop-nfs"));
    assert!(tries <= 4, "{tries} tries, though the list was asked for each second");
    fail(&engine, "shop-nfs", 4);
    dmon.within(AT_ONCE).expect(DOWN, &[("Container", "shop-nfs")]).says("code 4");
    assert_eq!(engine.requests_of("/events"), 1, "nothing was lost");
    assert_eq!(
        dmon.process().lines_with("WARNING no inspection of ").len(),
        1,
        "warned about once"
    );
    dmon.end();
}

#[test]
fn a_death_is_reported_though_its_own_inspection_hangs() {
    let engine = engine();
    let mut dmon = watch(&engine, &[]);
    dmon.wait_until_known(2);
    // After a gap, and the start is one, inspections are waited for: not any more at the second list.
    engine.wait_for_requests("/containers/json", 2);
    engine.answer(&inspection_of("web"), Reply::Hang);
    expect_death(&engine, &mut dmon, "web");
    dmon.end();
}

#[test]
fn logs_that_hang_delay_no_death_of_others() {
    let names = ["mute", "a", "b", "c", "d"];
    let engine = ScriptedEngine::new(names.map(Container::new));
    let logs = format!("/containers/{}/logs", Container::new("mute").id());
    engine.answer(&logs, Reply::Hang);
    let mut dmon = watch(&engine, &[("ALERT_LOG_LINES", "5")]);
    for name in names {
        expect_death(&engine, &mut dmon, name);
    }
    assert_eq!(engine.requests_of(&logs), 1);
    dmon.end();
}

#[test]
fn an_inspection_and_logs_that_hang_for_ever_delay_none_of_twenty_deaths() {
    let others = (0..20).map(|number| format!("w{number}"));
    let names: Vec<String> = ["nfs", "mute"].map(str::to_owned).into_iter().chain(others).collect();
    let engine = ScriptedEngine::new(names.iter().map(|name| Container::new(name)));
    engine.answer(&inspection_of("nfs"), Reply::Hang);
    let logs = format!("/containers/{}/logs", Container::new("mute").id());
    engine.answer(&logs, Reply::Hang);
    let mut dmon = watch(&engine, &[("ALERT_LOG_LINES", "5")]);
    let mut took = Vec::new();
    for name in &names {
        // One message a second leaves: nothing is to wait for the one before it.
        let lists = engine.requests_of("/containers/json");
        engine.wait_for_requests("/containers/json", lists + 2);
        let died = clock::monotonic();
        expect_death(&engine, &mut dmon, name);
        if name.starts_with('w') {
            took.push(dmon.arrived() - died);
        }
    }
    say(&format!("from the event to the whole POST: {took:?}"));
    assert_eq!(took.len(), 20);
    let late = took.iter().filter(|took| **took > Duration::from_millis(100)).count();
    // This machine may be busy for a moment.
    assert!(late <= 1, "{late} took more than 100 ms: {took:?}");
    assert_eq!(engine.requests_of("/events"), 1, "nothing was lost");
    dmon.end();
}

#[test]
fn one_whose_line_of_the_list_cannot_be_read_is_not_removed() {
    let engine = engine();
    let mut dmon = watch(&engine, &[]);
    let lists = engine.requests_of("/containers/json");
    engine.change("web", Container::listed_oddly);
    let warning = dmon.logs("the list's line of web cannot be read");
    assert!(warning.contains("WARNING"), "{warning}");
    engine.wait_for_requests("/containers/json", lists + 4);
    engine.change("web", Container::listed_as_usual);
    engine.wait_for_requests("/containers/json", lists + 6);
    assert_eq!(dmon.process().lines_with("WARNING").len(), 1, "warned about once");
    expect_death(&engine, &mut dmon, "web");
    dmon.end();
}

#[test]
fn one_whose_line_of_the_list_could_never_be_read_is_watched() {
    let engine = ScriptedEngine::new([Container::new("web").listed_oddly(), Container::new("db")]);
    let mut dmon = Watching::of_script(engine.address(), &[("REALTIME_CHECK_INTERVAL", "1")]);
    dmon.begin();
    dmon.expect("👀 dmon Is Watching", &[]);
    engine.wait_for_listener();
    expect_death(&engine, &mut dmon, "web");
    dmon.end();
}

#[test]
fn one_list_that_lacks_a_container_does_not_remove_it() {
    let engine = engine();
    let mut dmon = watch(&engine, &[]);
    let lists = engine.requests_of("/containers/json");
    engine.answer("/containers/json", Reply::json("[]"));
    engine.wait_for_requests("/containers/json", lists + 4);
    engine.answer_as_usual("/containers/json");
    expect_death(&engine, &mut dmon, "web");
    dmon.end();
}

#[test]
fn what_an_update_changed_is_known_when_the_policy_answers_a_crash() {
    let engine = engine();
    engine.answer(&inspection_of("web"), Reply::Late(Duration::from_millis(120)));
    let mut dmon = watch(&engine, &[("REALTIME_CHECK_INTERVAL", "10")]);
    dmon.wait_until_known(2);
    let inspections = engine.requests_of(&inspection_of("web"));
    engine.change("web", |web| web.restarts("always", 0));
    engine.tell("web", "update", &[]);
    engine.wait_for_requests(&inspection_of("web"), inspections + 1);
    engine.change("web", |web| web.ends(1).status("restarting").restarts("always", 1));
    engine.tell("web", "die", &[("exitCode", "1")]);
    start(&engine, "web");
    dmon.expect(RESTARTED, &[("Container", "web"), ("Type", "Automatic restart")]);
    dmon.end();
}

#[test]
fn a_ping_that_is_forbidden_is_an_answer() {
    let engine = engine();
    engine.answer("/_ping", page("403 Forbidden", "Forbidden\n"));
    let mut dmon = watch(&engine, &[]);
    super::stop(&engine, "web");
    // Two seconds longer than the grace: nothing waits for a ping that is answered by nobody.
    let fields = [("Container", "web"), ("Cause", "stopped on request")];
    dmon.within(Duration::from_secs(3)).expect(DOWN, &fields);
    assert_eq!(engine.requests_of("/_ping"), 1);
    dmon.end();
}

#[test]
fn where_events_and_ping_are_forbidden_lists_show_everything() {
    let engine = engine();
    for path in ["/_ping", "/events"] {
        engine.answer(path, page("403 Forbidden", "Forbidden\n"));
    }
    let mut dmon = watch_without_events(&engine, &[]);
    engine.change("web", |web| web.ends(3));
    dmon.expect(DOWN, &[("Container", "web"), ("Cause", "exited with code 3")]);
    // Long enough for a ping.
    engine.wait_for_requests("/_ping", 1);
    engine.change("db", |db| db.ends(4));
    dmon.expect(DOWN, &[("Container", "db"), ("Cause", "exited with code 4")]);
    dmon.expect_health(0, "the Engine is being watched");
    dmon.end();
}
