//! Compose projects: they come, are made anew, change and go, one story each.

use super::{FAILED, LIFE, RECOVERED, RECREATED, watch};
use crate::support::compose::Project;
use crate::support::docker::Docker;
use crate::support::real_engine::{IMAGE, RealEngine};
use crate::support::watching::Watching;

/// Another name of the same image, for as long as a test runs.
struct Image<'a>(&'a Docker);

const NEXT_IMAGE: &str = "dmon-test:2";

impl<'a> Image<'a> {
    fn tag(engine: &'a Docker) -> Self {
        engine.docker(&["tag", IMAGE, NEXT_IMAGE]);
        Self(engine)
    }
}

impl Drop for Image<'_> {
    fn drop(&mut self) {
        // A container of a test that failed may still be made of it.
        self.0.docker(&["rmi", "-f", NEXT_IMAGE]);
    }
}

#[test]
fn a_project_comes_is_made_anew_and_goes() {
    let Some(engine) = RealEngine::find_docker("tells of a stop now and then") else { return };
    let Some(shop) = Project::new(&engine) else { return };
    let service = shop.service(LIFE, "");
    shop.write(&[("web", &service), ("db", &service)]);
    let (web, db) = (shop.name("web", 1), shop.name("db", 1));
    let mut dmon = watch(&engine, &[]);
    shop.compose(&["up", "-d"]);
    let told = dmon.next();
    assert_eq!(told.title, "ℹ️ 2 info", "{told:#?}");
    told.says("Container Added (2)").says(&db).says(&web);

    shop.compose(&["up", "-d", "--force-recreate", "web"]);
    let fields = [("Container", &web[..]), ("Compose", "shop / web"), ("Image", IMAGE)];
    dmon.expect(RECREATED, &fields);

    let _next = Image::tag(&engine);
    let service = shop.service_of(NEXT_IMAGE, LIFE, "");
    shop.write(&[("web", &service), ("db", &service)]);
    shop.compose(&["up", "-d"]);
    let told = dmon.next();
    assert_eq!(told.title, "ℹ️ 2 info", "{told:#?}");
    told.says("Container Recreated (2)").says(&format!("image {IMAGE} → {NEXT_IMAGE}"));
    told.says(&db).says(&web);

    shop.compose(&["down"]);
    let told = dmon.next();
    assert_eq!(told.title, "🚨 2 critical", "{told:#?}");
    told.says("Container Removed - CRITICAL: stopped on request and removed (2)");
    told.says(&db).says(&web);
    dmon.end();
}

#[test]
fn a_service_that_shrinks_is_one_message() {
    let Some(engine) = RealEngine::find_docker("tells of a stop now and then") else { return };
    let Some(shop) = Project::new(&engine) else { return };
    shop.write(&[("web", &shop.service(LIFE, ""))]);
    shop.compose(&["up", "-d", "--scale", "web=4"]);
    let mut dmon = watch(&engine, &[("MANUAL_STOP_SEVERITY", "info")]);
    shop.compose(&["up", "-d", "--scale", "web=2"]);
    let told = dmon.next();
    assert_eq!(told.title, "ℹ️ 2 info", "{told:#?}");
    told.says("stopped on request and removed (2)");
    told.says(&shop.name("web", 3)).says(&shop.name("web", 4));
    dmon.end();
}

#[test]
fn twenty_services_are_a_few_messages() {
    let Some(engine) = RealEngine::find_docker("tells of a stop now and then") else { return };
    let Some(shop) = Project::new(&engine) else { return };
    let services: Vec<String> = (1..=20).map(|number| format!("service{number:02}")).collect();
    let service = shop.service(LIFE, "");
    shop.write(&services.iter().map(|name| (&name[..], &service[..])).collect::<Vec<_>>());
    shop.compose(&["up", "-d"]);
    let names: Vec<String> = services.iter().map(|service| shop.name(service, 1)).collect();
    let mut dmon = watch(&engine, &[]);
    shop.compose(&["down"]);
    expect_all(&mut dmon, "Container Removed - CRITICAL: stopped on request and removed", &names);
    shop.compose(&["up", "-d"]);
    expect_all(&mut dmon, "Container Recovered after: stopped on request and removed", &names);
    dmon.end();
}

/// Waits until each of these was told of, in three messages at most, all with these words.
fn expect_all(dmon: &mut Watching, words: &str, names: &[String]) {
    let told = dmon.gather(3, |told| {
        names.iter().all(|name| told.iter().any(|told| told.has(name) || told.is_about(name)))
    });
    for told in &told {
        assert!(told.has(words), "{told:#?}");
    }
}

/// Makes the service `web` anew as this one. Its name may keep what compose puts before it meanwhile,
/// so it is known by its project.
fn change(shop: &Project<'_>, service: &str) {
    shop.write(&[("web", service)]);
    shop.compose(&["up", "-d"]);
}

const WEB: (&str, &str) = ("Compose", "shop / web");

#[test]
fn a_recreation_that_cannot_start_has_failed_until_it_is_mended() {
    let Some(engine) = RealEngine::find() else { return };
    let Some(shop) = Project::new(&engine) else { return };
    change(&shop, &shop.service(LIFE, ""));
    let mut dmon = watch(&engine, &[("REALTIME_CHECK_INTERVAL", "1")]);
    shop.write(&[("web", &shop.service(&["/nonexistent"], ""))]);
    shop.compose_fails(&["up", "-d"]);
    let cause = "the Engine could not start it";
    let told = dmon.expect(FAILED, &[WEB, ("Cause", cause)]);
    told.says("The Engine says").says("/nonexistent");
    change(&shop, &shop.service(LIFE, ""));
    dmon.expect(RECOVERED, &[WEB, ("After", cause)]);
    dmon.end();
}

#[test]
fn a_recreation_that_does_not_stay_up_has_failed_until_it_is_mended() {
    let Some(engine) = RealEngine::find() else { return };
    let Some(shop) = Project::new(&engine) else { return };
    change(&shop, &shop.service(LIFE, ""));
    let mut dmon = watch(&engine, &[]);
    change(&shop, &shop.service(&["sh", "-c", "sleep 3; exit 5"], ""));
    dmon.expect(RECREATED, &[WEB]);
    let cause = "ended soon after it was started";
    dmon.expect(FAILED, &[WEB, ("Cause", cause), ("Exit Code", "5")]);
    change(&shop, &shop.service(LIFE, ""));
    dmon.expect(RECOVERED, &[WEB, ("After", cause)]);
    dmon.end();
}

#[test]
fn a_recreation_that_never_gets_healthy_has_failed_until_it_does() {
    let Some(engine) = RealEngine::find_docker("leaves health checks to systemd") else { return };
    let Some(shop) = Project::new(&engine) else { return };
    change(&shop, &shop.service(LIFE, ""));
    let mut dmon = watch(&engine, &[]);
    let check = "healthcheck: {test: 'test -e /tmp/well', interval: 1s, retries: 1}";
    change(&shop, &shop.service(LIFE, check));
    let cause = "turned unhealthy before it was healthy";
    dmon.expect(FAILED, &[WEB, ("Cause", cause)]);
    engine.exec(&shop.name("web", 1), &["touch", "/tmp/well"]);
    dmon.expect(RECOVERED, &[WEB, ("After", cause)]);
    dmon.end();
}

/// Makes a container as the second compose does.
fn labels(service: &str) -> [String; 3] {
    [("project", "shop"), ("service", service), ("container-number", "1")]
        .map(|(name, value)| format!("--label=com.docker.compose.{name}={value}"))
}

#[test]
fn a_recreation_waits_for_what_it_depends_on() {
    let Some(engine) = RealEngine::find_docker("tells of a stop now and then") else { return };
    let labels = labels("web");
    let options: Vec<&str> = labels.iter().map(String::as_str).collect();
    engine.run("shop-web-1", &options, LIFE);
    engine.run("other", &[], LIFE);
    let mut dmon = watch(&engine, &[("RESTART_GRACE", "1")]);
    // The new one is made before the old one is stopped, and waits for the health of another.
    engine.create("0123456789ab_shop-web-1", &options, LIFE);
    engine.tell(&["stop"], "shop-web-1");
    engine.tell(&["rm"], "shop-web-1");
    let (old, new) = (engine.full_name("0123456789ab_shop-web-1"), engine.full_name("shop-web-1"));
    engine.docker(&["rename", &old, &new]);
    // That this one is told shows that the grace of the one before is over.
    engine.tell(&["stop"], "other");
    dmon.expect(super::DOWN, &[("Container", "other"), ("Cause", "stopped on request")]);
    engine.tell(&["start"], "shop-web-1");
    dmon.expect(RECREATED, &[("Container", "shop-web-1"), ("Compose", "shop / web")]);
    dmon.end();
}
