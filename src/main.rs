//! The binary: reads the command line and leaves the rest to the library.

use std::env;
use std::process::ExitCode;

use dmon::args::{self, Invocation};
use dmon::commands::{self, io};
use dmon::help;

fn main() -> ExitCode {
    match args::parse(env::args_os().skip(1)) {
        Ok(Invocation::Help(topic)) => io::print(&help::long(topic)),
        Ok(Invocation::Version) => io::print(&help::version()),
        Ok(Invocation::Run(args)) => return commands::run(&args),
        Err(error) => {
            io::complain(&error);
            return ExitCode::from(commands::BAD_USAGE);
        }
    }
    ExitCode::SUCCESS
}
