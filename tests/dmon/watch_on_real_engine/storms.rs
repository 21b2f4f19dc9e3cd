//! Many containers at once: few messages, and everyone is named.

use super::{DOWN, LIFE, watch};
use crate::support::real_engine::RealEngine;

#[test]
fn fifty_containers_that_end_at_once_are_five_messages_at_most() {
    let Some(engine) = RealEngine::find() else { return };
    let lay = format!("busybox mkfifo /data/fuse; {}", LIFE[2]);
    engine.run("fuse", &["--volume=/data"], &["sh", "-c", &lay]);
    let fuse = format!("--volumes-from={}", engine.full_name("fuse"));
    let names: Vec<String> = (1..=50).map(|number| format!("worker-{number:02}")).collect();
    for name in &names {
        engine.create(name, &[&fuse], &["sh", "-c", "read line </data/fuse; exit 7"]);
    }
    engine.start_all(&names);
    let mut dmon = watch(&engine, &[]);
    dmon.wait_until_known(51);
    // All wait for somebody to write.
    engine.exec("fuse", &["sh", "-c", ": >/data/fuse"]);
    let told = dmon.gather(5, |told| {
        names.iter().all(|name| told.iter().any(|told| told.has(name) || told.is_about(name)))
    });
    for told in &told {
        let words = format!("Container Status Alert - CRITICAL: {}", engine.by_itself(7));
        assert!(told.title == DOWN || told.has(&words), "{told:#?}");
    }
    dmon.end();
}
