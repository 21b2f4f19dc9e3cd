//! Many containers at once: few messages, and everyone is named.

use std::fs::OpenOptions;
use std::process::Command;

use super::{DOWN, watch};
use crate::support::binary::Home;
use crate::support::real_engine::RealEngine;

#[test]
fn fifty_containers_that_end_at_once_are_five_messages_at_most() {
    let Some(engine) = RealEngine::find() else { return };
    let folder = Home::new();
    let fuse = folder.path().join("fuse");
    assert!(Command::new("mkfifo").arg(&fuse).status().unwrap().success());
    let mount = format!("--mount=type=bind,source={},target=/data", folder.path().display());
    let names: Vec<String> = (1..=50).map(|number| format!("worker-{number:02}")).collect();
    for name in &names {
        engine.create(name, &[&mount], &["sh", "-c", "read line </data/fuse; exit 7"]);
    }
    engine.start_all(&names);
    let mut dmon = watch(&engine, &[]);
    dmon.wait_until_known(50);
    // All wait for somebody to write.
    drop(OpenOptions::new().write(true).open(&fuse).unwrap());
    let told = dmon.gather(5, |told| {
        names.iter().all(|name| told.iter().any(|told| told.has(name) || told.is_about(name)))
    });
    for told in &told {
        let words = "Container Status Alert - CRITICAL: exited by itself with code 7";
        assert!(told.title == DOWN || told.has(words), "{told:#?}");
    }
    dmon.end();
}
