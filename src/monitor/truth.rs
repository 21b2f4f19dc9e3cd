//! Truth as people write it, in labels and settings.

/// Reads `true`, `1`, `yes`, `on` and their opposites, in any case; `None`: it is neither.
pub fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}
