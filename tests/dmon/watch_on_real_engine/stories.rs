//! What people do to several containers, or to one in several steps: one story each.

use std::fs;
use std::process::Command;

use super::{DOWN, LIFE, RECREATED, watch};
use crate::support::binary::Home;
use crate::support::process::Running;
use crate::support::real_engine::{IMAGE, RealEngine, skip};

#[test]
fn a_new_container_of_an_old_name_is_a_recreation() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("web", &[], LIFE);
    let mut dmon = watch(&engine, &[("RESTART_GRACE", "30")]);
    engine.tell(&["rm", "-f"], "web");
    engine.run("web", &[], LIFE);
    dmon.expect(RECREATED, &[("Container", "web"), ("Image", IMAGE)]);
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

#[test]
fn a_job_that_fails_is_told() {
    let Some(engine) = RealEngine::find() else { return };
    let mut dmon = watch(&engine, &[]);
    engine.run("backup", &["--rm"], &["sh", "-c", "sleep 0.5; exit 4"]);
    let fields = [("Container", "backup"), ("Exit Code", "4"), ("Image", IMAGE)];
    dmon.expect("🚨 Job Failed - CRITICAL", &fields);
    engine.run("nightly", &["--label=dmon.job=true"], &["sh", "-c", "sleep 0.5; exit 5"]);
    let fields = [("Container", "nightly"), ("Exit Code", "5")];
    dmon.expect("🚨 Job Failed - CRITICAL", &fields);
    dmon.end();
}

#[test]
fn a_job_that_succeeds_is_not() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("web", &[], LIFE);
    let mut dmon = watch(&engine, &[]);
    engine.run("backup", &["--rm"], &["true"]);
    engine.run("nightly", &["--label=dmon.job=true"], &["true"]);
    engine.wait_for("nightly", "{{.State.Status}}", "exited");
    engine.tell(&["rm"], "nightly");
    engine.fail("web");
    dmon.expect(DOWN, &[("Container", "web")]);
    dmon.end();
}

#[test]
fn a_project_comes_is_made_anew_and_goes() {
    let Some(engine) = RealEngine::find() else { return };
    let Some(shop) = Project::new(&engine) else { return };
    let mut dmon = watch(&engine, &[]);
    shop.compose(&["up", "-d"]);
    let told = dmon.next();
    assert_eq!(told.title, "ℹ️ 2 info", "{told:#?}");
    told.says("Container Added (2)").says("shop_db_1").says("shop_web_1");

    shop.compose(&["up", "-d", "--force-recreate", "web"]);
    let fields = [("Container", "shop_web_1"), ("Compose", "shop / web")];
    dmon.expect(RECREATED, &fields);

    shop.compose(&["down"]);
    let told = dmon.next();
    assert_eq!(told.title, "🚨 2 critical", "{told:#?}");
    told.says("Container Removed - CRITICAL: stopped on request and removed (2)");
    told.says("shop_db_1").says("shop_web_1");
    dmon.end();
}

#[test]
fn a_service_that_shrinks_is_one_message() {
    let Some(engine) = RealEngine::find() else { return };
    let Some(shop) = Project::new(&engine) else { return };
    shop.compose(&["up", "-d", "--scale", "web=4"]);
    let mut dmon = watch(&engine, &[("MANUAL_STOP_SEVERITY", "info")]);
    shop.compose(&["up", "-d", "--scale", "web=2"]);
    let told = dmon.next();
    assert_eq!(told.title, "ℹ️ 2 info", "{told:#?}");
    told.says("stopped on request and removed (2)").says("shop_web_3").says("shop_web_4");
    dmon.end();
}

/// A compose project of two services, `web` and `db`.
struct Project<'a> {
    engine: &'a RealEngine,
    folder: Home,
}

impl<'a> Project<'a> {
    /// `None`, said on standard error, where there is no `docker-compose`.
    fn new(engine: &'a RealEngine) -> Option<Self> {
        if let Err(error) = Command::new("docker-compose").arg("version").output() {
            skip(&format!("docker-compose cannot be run: {error}"));
            return None;
        }
        let service = format!(
            "{{image: '{IMAGE}', network_mode: none, labels: {{dmon-test: '{}'}}, command: {}}}",
            engine.full_name(""),
            serde_json::to_string(LIFE).unwrap(),
        );
        let file = format!("version: '2.4'\nservices:\n  web: {service}\n  db: {service}\n");
        let folder = Home::new();
        fs::write(folder.path().join("docker-compose.yml"), file).unwrap();
        Some(Self { engine, folder })
    }

    /// `docker-compose ARGS`.
    fn compose(&self, args: &[&str]) {
        let project = self.engine.full_name("shop");
        let mut compose = Command::new("docker-compose");
        compose.args(["-p", &project]).args(args).current_dir(self.folder.path());
        let finished = Running::start(compose.env("DOCKER_HOST", &self.engine.address)).finish();
        assert_eq!(finished.code, Some(0), "docker-compose {args:?}: {finished:?}");
    }
}
