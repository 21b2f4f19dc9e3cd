//! Containers that are meant to end: told only when they fail, and some of them not even then.

use std::fs;
use std::process::Command;

use super::{DOWN, LIFE, RECOVERED, watch};
use crate::support::binary::Home;
use crate::support::compose::Project;
use crate::support::private_engine::PrivateEngine;
use crate::support::process::Running;
use crate::support::real_engine::{IMAGE, RealEngine};
use crate::support::watching::Watching;

const JOB_FAILED: &str = "🚨 Job Failed - CRITICAL";

#[test]
fn a_job_that_fails_is_told() {
    let Some(engine) = RealEngine::find() else { return };
    let mut dmon = watch(&engine, &[]);
    engine.run("backup", &["--rm"], &["sh", "-c", "sleep 0.5; exit 4"]);
    let fields = [("Container", "backup"), ("Exit Code", "4"), ("Image", &engine.image())];
    dmon.expect(JOB_FAILED, &fields);
    engine.run("nightly", &["--label=dmon.job=true"], &["sh", "-c", "sleep 0.5; exit 5"]);
    dmon.expect(JOB_FAILED, &[("Container", "nightly"), ("Exit Code", "5")]);
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
fn two_clean_ends_make_a_job_also_for_a_dmon_that_begins_anew() {
    let why = "does not tell a start after an end by itself from a restart";
    let Some(engine) = RealEngine::find_docker(why) else { return };
    engine.run("backup", &[], LIFE);
    let mut dmon = watch(&engine, &[]);
    engine.succeed("backup");
    let cause = "exited by itself with code 0";
    dmon.expect(DOWN, &[("Container", "backup"), ("Cause", cause)]);
    engine.tell(&["start"], "backup");
    dmon.expect(RECOVERED, &[("Container", "backup"), ("After", cause)]);
    engine.succeed("backup");
    engine.wait_for("backup", "{{.State.Status}}", "exited");
    dmon.stop();
    dmon.begin();
    dmon.process().wait_for_line("watching");
    engine.tell(&["start"], "backup");
    engine.succeed("backup");
    engine.wait_for("backup", "{{.State.Status}}", "exited");
    engine.tell(&["start"], "backup");
    engine.fail("backup");
    dmon.expect(JOB_FAILED, &[("Container", "backup"), ("Exit Code", "3")]);
    dmon.end();
}

#[test]
fn a_one_off_of_a_project_is_a_job() {
    let Some(engine) = RealEngine::find() else { return };
    let Some(shop) = Project::new(&engine) else { return };
    shop.write(&[("web", &shop.service(LIFE, ""))]);
    shop.compose(&["up", "-d"]);
    let mut dmon = watch(&engine, &[]);
    shop.compose(&["run", "--rm", "-T", "web", "true"]);
    shop.compose(&["run", "-T", "web", "true"]);
    shop.compose_fails(&["run", "-T", "web", "sh", "-c", "exit 6"]);
    dmon.expect(JOB_FAILED, &[("Exit Code", "6"), ("Compose", "shop / web")]);
    dmon.end();
}

#[test]
fn what_another_service_waits_for_to_complete_is_a_job() {
    let Some(engine) = RealEngine::find() else { return };
    let of = |service: &str| {
        [("project", "shop"), ("service", service), ("container-number", "1")]
            .map(|(name, value)| format!("--label=com.docker.compose.{name}={value}"))
    };
    let (migrate, web) = (of("migrate"), of("web"));
    let migrate: Vec<&str> = migrate.iter().map(String::as_str).collect();
    let mut web: Vec<&str> = web.iter().map(String::as_str).collect();
    // As the second compose writes it.
    web.push("--label=com.docker.compose.depends_on=migrate:service_completed_successfully:false");
    engine.run("migrate", &migrate, LIFE);
    engine.create("web", &web, LIFE);
    let mut dmon = watch(&engine, &[]);
    engine.succeed("migrate");
    engine.wait_for("migrate", "{{.State.Status}}", "exited");
    engine.tell(&["start"], "web");
    dmon.expect(super::ADDED, &[("Container", "web")]);
    engine.tell(&["start"], "migrate");
    engine.fail("migrate");
    dmon.expect(JOB_FAILED, &[("Container", "migrate"), ("Exit Code", "3")]);
    dmon.end();
}

#[test]
fn shells_and_steps_of_a_build_are_nobodys_business() {
    let Some(engine) = PrivateEngine::find(&[]) else { return };
    engine.run("web", &[], LIFE);
    // Steps of a build have names of their own: everything is watched.
    let all = [("CONTAINER_NAME_FILTER", ".")];
    let mut dmon = Watching::start(&engine.address, &engine.full_name(""), &all);
    engine.run("shell", &["-it", "--rm"], &["sh", "-c", "sleep 0.5; exit 4"]);
    let folder = Home::new();
    let steps = format!("FROM {IMAGE}\nRUN echo one >/one\nRUN echo two >/two && sleep 1\n");
    fs::write(folder.path().join("Dockerfile"), format!("{steps}RUN exit 9\n")).unwrap();
    let mut build = Command::new("docker");
    build.args(["-H", &engine.address, "build", "--network=none"]).arg(folder.path());
    let finished = Running::start(build.env("DOCKER_BUILDKIT", "0")).finish();
    assert!(finished.stdout.contains("RUN exit 9"), "{finished:?}");
    assert_ne!(finished.code, Some(0), "{finished:?}");
    engine.fail("web");
    dmon.expect(DOWN, &[("Container", "web")]);
    dmon.end();
}
