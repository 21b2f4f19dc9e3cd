//! Which containers dmon sees at all.

use regex::Regex;

use crate::monitor::container::Labels;
use crate::monitor::truth::truth;

/// The settings that make containers invisible. Beside them the label `dmon.enable=false` does.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only containers whose name it finds (`CONTAINER_NAME_FILTER`); `None`: all.
    pub include: Option<Regex>,
    /// Not those whose name it finds (`CONTAINER_NAME_EXCLUDE`).
    pub exclude: Option<Regex>,
}

impl Filter {
    /// Whether a container of this name and with these labels is watched and reported.
    pub fn admits(&self, name: &str, labels: &Labels) -> bool {
        let name = if labels.contains_key("com.docker.compose.project") {
            without_mark(name)
        } else {
            name
        };
        self.include.as_ref().is_none_or(|include| include.is_match(name))
            && !self.exclude.as_ref().is_some_and(|exclude| exclude.is_match(name))
            && labels.get("dmon.enable").is_none_or(|value| truth(value) != Some(false))
    }
}

/// The name without what compose puts before it while it makes a container anew: twelve digits of
/// an id, so that the old and the new one can be there at once (`0123456789ab_shop-api-1`).
fn without_mark(name: &str) -> &str {
    let is_mark = |mark: &str| mark.len() == 12 && mark.bytes().all(|it| it.is_ascii_hexdigit());
    name.split_once('_').filter(|(mark, _)| is_mark(mark)).map_or(name, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_the_label_decide() {
        let filter = Filter {
            include: Some(Regex::new("^shop-|db").unwrap()),
            exclude: Some(Regex::new("test$").unwrap()),
        };
        let check = |name: &str, label: Option<&str>, expected: bool| {
            let labels = label.map(|value| ("dmon.enable".to_owned(), value.to_owned()));
            assert_eq!(filter.admits(name, &labels.into_iter().collect()), expected, "{name}");
        };
        check("shop-api-1", None, true);
        check("my-db", Some("true"), true);
        check("my-db", Some("False"), false);
        check("shop-test", None, false);
        check("web", None, false);
        assert!(Filter::default().admits("web", &Labels::new()));
        check("0123456789ab_shop-api-1", None, false);
        let project = ("com.docker.compose.project".to_owned(), "shop".to_owned());
        let labels = [project].into_iter().collect();
        assert!(filter.admits("0123456789ab_shop-api-1", &labels), "being made anew");
        assert!(!filter.admits("old_shop-api-1", &labels));
    }
}
