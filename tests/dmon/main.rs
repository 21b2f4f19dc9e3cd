//! dmon's tests of the whole: the real binary against scripted peers and real Engines.
