//! Slack's edge: the shapes of its webhook bodies and the one POST that carries them.
