//! What the tests share: dmon as a process, real Engines.

pub(crate) mod binary;
pub(crate) mod process;
pub(crate) mod real_engine;
