//! Values that may be of another type than they should be. One odd field (a negative port, a label
//! that is a number, a `null`) costs that field and never the answer around it. What is kept of a
//! text is cut here too.

use std::collections::BTreeMap;

use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde_json::Number;
use serde_json::value::RawValue;

use crate::monitor::container::Labels;

/// The most that is kept of a text (name, image, label, output of a probe, error).
const TEXT_BYTES_MAX: usize = 4 * 1024;

/// A value of this type; the type's default for anything else.
#[derive(Debug, Default)]
pub(super) struct Lenient<T>(pub(super) T);

/// A text of at most [`TEXT_BYTES_MAX`]. A number or a truth value is taken as it is written; what
/// is no text at all is empty.
#[derive(Debug, Default)]
pub(super) struct Text(pub(super) String);

/// A whole number, cut to its range; 0 for what is no number.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Whole(pub(super) i64);

impl<'de, T: DeserializeOwned + Default> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&RawValue>::deserialize(deserializer)?.get();
        Ok(Self(serde_json::from_str(json).unwrap_or_default()))
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&RawValue>::deserialize(deserializer)?.get();
        let text = match json.as_bytes()[0] {
            // Most of what is read is such text; nothing in it is to be unescaped.
            b'"' if !json.contains('\\') => json[1..json.len() - 1].to_owned(),
            b'"' => serde_json::from_str(json).unwrap_or_default(),
            b'n' | b'{' | b'[' => String::new(),
            _ => json.to_owned(),
        };
        Ok(Self(cut(text)))
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Lenient(number) = Lenient::<Option<Number>>::deserialize(deserializer)?;
        Ok(Self(number.as_ref().map_or(0, saturating)))
    }
}

/// Labels as the Engine writes them; whatever is no map is none.
pub(super) fn labels<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Labels, D::Error> {
    let Lenient(labels) = Lenient::<BTreeMap<String, Text>>::deserialize(deserializer)?;
    Ok(labels.into_iter().map(|(name, Text(value))| (cut(name), value)).collect())
}

fn saturating(number: &Number) -> i64 {
    let whole = number.as_i64().or_else(|| number.as_u64().map(|_| i64::MAX));
    #[expect(clippy::cast_possible_truncation, reason = "a cast from a float saturates")]
    whole.unwrap_or_else(|| number.as_f64().unwrap_or(0.0) as i64)
}

/// The start of a text, as much of it as is kept.
fn cut(mut text: String) -> String {
    if text.len() > TEXT_BYTES_MAX {
        text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_what_can_be_read_as_one() {
        let check = |json: &str, expected: &str| {
            let Text(text) = serde_json::from_str(json).unwrap();
            assert_eq!(text, expected, "{json}");
        };
        check(r#""web""#, "web");
        check(r#""é\n""#, "é\n");
        check(r#""\ud800""#, "");
        check("false", "false");
        check("-7", "-7");
        check("null", "");
        check("[1]", "");
        check(r#"{"a":1}"#, "");
    }

    #[test]
    fn a_text_is_cut_at_its_limit() {
        let check = |text: &str, expected: usize| {
            let Text(kept) = serde_json::from_str(&format!("{text:?}")).unwrap();
            assert_eq!(kept.len(), expected);
            assert!(text.starts_with(&kept));
        };
        check(&"x".repeat(TEXT_BYTES_MAX), TEXT_BYTES_MAX);
        check(&"x".repeat(TEXT_BYTES_MAX + 1), TEXT_BYTES_MAX);
        // Not within a character.
        check(&format!("x{}", "é".repeat(TEXT_BYTES_MAX / 2)), TEXT_BYTES_MAX - 1);
    }

    #[test]
    fn a_number_stays_within_its_range() {
        let check = |json: &str, expected: i64| {
            let Whole(number) = serde_json::from_str(json).unwrap();
            assert_eq!(number, expected, "{json}");
        };
        check("-1", -1);
        check("9223372036854775807", i64::MAX);
        check("18446744073709551615", i64::MAX);
        check("1e30", i64::MAX);
        check("-1e30", i64::MIN);
        check("1.9", 1);
        check("null", 0);
        check(r#""3""#, 0);
    }

    #[test]
    fn an_odd_label_costs_nothing_but_itself() {
        #[derive(serde::Deserialize)]
        struct Line {
            #[serde(default, deserialize_with = "labels")]
            labels: Labels,
        }
        let check = |json: &str, expected: &[(&str, &str)]| {
            let line: Line = serde_json::from_str(json).unwrap();
            let labels: Vec<_> =
                line.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!(labels, expected, "{json}");
        };
        check(
            r#"{"labels":{"a":"b","dmon.enable":false,"n":null,"o":{}}}"#,
            &[("a", "b"), ("dmon.enable", "false"), ("n", ""), ("o", "")],
        );
        check(r#"{"labels":null}"#, &[]);
        check(r#"{"labels":["a"]}"#, &[]);
        check("{}", &[]);
    }
}
