//! What the benchmarks share: the binary that is measured, and how.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The static release binary, freshly built; where its target is not installed, the one that cargo
/// made for the benchmark.
pub(crate) fn release_binary() -> PathBuf {
    let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked", "--quiet", "--target", &target])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    if built.unwrap().success() {
        let targets = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        return targets.join(target).join("release/dmon");
    }
    println!("the static binary cannot be built here; measured instead:");
    PathBuf::from(env!("CARGO_BIN_EXE_dmon"))
}

/// `None` once the process has ended: what is left of it has no memory.
pub(crate) fn high_water_kib(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// The one in the middle.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// In milliseconds.
pub(crate) fn milliseconds(span: Duration) -> f64 {
    span.as_secs_f64() * 1_000.0
}
