//! What the command line asks for: one file a command. The only place that names all the edges.

mod check;
pub mod explain;
mod files;
mod health;
pub mod io;
mod observe;
mod once;
mod outlet;
mod post;
mod route;
mod test_notification;
mod vitals;
mod watch;

use std::fmt::Display;
use std::process::ExitCode;

use crate::args::{Args, Job};
use crate::config::{Config, Surroundings};
use crate::logging;

/// Exit status for a wrong command line or a wrong setting.
pub const BAD_USAGE: u8 = 2;

/// Reads the settings and does what the command line asks for.
pub fn run(args: &Args) -> ExitCode {
    let surroundings = Surroundings::of_process();
    let loaded = match Config::load(args.env_file.as_deref(), args.posting(), &surroundings) {
        Ok(loaded) => loaded,
        Err(errors) => {
            io::complain(&errors);
            return ExitCode::from(BAD_USAGE);
        }
    };
    logging::start(&loaded.config);
    for warning in &loaded.warnings {
        log::warn!("{warning}");
    }
    for closed in &loaded.sources.closed {
        log::info!("{closed}");
    }
    let (config, output) = (&loaded.config, args.output);
    let done = match &args.job {
        Job::Once => once::run(config, output),
        Job::Watch { interval } => watch::run(config, output, *interval),
        Job::Test => check::run(&loaded, output),
        Job::TestNotification => test_notification::run(config, output),
        Job::Health => health::run(config),
        Job::Explain { path } => explain::run(config, output, path),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed) => ExitCode::FAILURE,
    }
}

/// The job failed, and the log or the output has said why.
struct Failed;

impl Failed {
    /// Says why in the log.
    fn because(why: &dyn Display) -> Self {
        log::error!("{why}");
        Self
    }
}
