//! Recreations by hand: one story each.

use super::{LIFE, RECREATED, watch};
use crate::support::real_engine::RealEngine;

#[test]
fn a_new_container_of_an_old_name_is_a_recreation() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("web", &[], LIFE);
    let mut dmon = watch(&engine, &[("RESTART_GRACE", "30")]);
    engine.tell(&["rm", "-f"], "web");
    engine.run("web", &[], LIFE);
    dmon.expect(RECREATED, &[("Container", "web"), ("Image", &engine.image())]);
    dmon.end();
}

#[test]
fn a_recreation_is_found_after_a_crash_too() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("web", &[], LIFE);
    let mut dmon = watch(&engine, &[("RESTART_GRACE", "1")]);
    dmon.wait_until_remembered();
    dmon.kill();
    engine.tell(&["rm", "-f"], "web");
    engine.run("web", &[], LIFE);
    dmon.begin();
    dmon.expect(RECREATED, &[("Container", "web")]);
    dmon.end();
}
