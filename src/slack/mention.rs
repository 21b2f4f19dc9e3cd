//! Who is called when somebody needs to act at once.

use std::fmt;

/// What `SLACK_MENTION` says: one or a few mentions as Slack writes them. The only markup in a
/// message that notifies anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention(String);

impl Mention {
    /// As many as anybody needs; keeps the length of a message known.
    const COUNT_MAX: usize = 5;

    /// Reads mentions with space between them; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mentions: Vec<&str> = text.split_whitespace().collect();
        let are_good = !mentions.is_empty()
            && mentions.len() <= Self::COUNT_MAX
            && mentions.iter().all(|mention| is_mention(mention));
        are_good.then(|| Self(mentions.join(" ")))
    }
}

fn is_mention(text: &str) -> bool {
    let is_id = |id: &str, initials: &[char]| {
        id.starts_with(initials)
            && (2..=20).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    };
    match text.strip_prefix('<').and_then(|text| text.strip_suffix('>')) {
        Some("!here" | "!channel") => true,
        Some(inner) => {
            inner.strip_prefix('@').is_some_and(|id| is_id(id, &['U', 'W']))
                || inner.strip_prefix("!subteam^").is_some_and(|id| is_id(id, &['S']))
        }
        None => false,
    }
}

impl fmt::Display for Mention {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_slack_itself_writes_is_a_mention() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(Mention::parse(text).map(|m| m.to_string()).as_deref(), expected, "{text}");
        };
        check("<!here>", Some("<!here>"));
        check(" <@U024BE7LH>  <!subteam^SAZ94GDB8> ", Some("<@U024BE7LH> <!subteam^SAZ94GDB8>"));
        check("@here", None);
        check("<!everyone>", None);
        check("<@bob>", None);
        check("<https://example.org|click>", None);
        check("<!here> now", None);
        check("<@U>", None);
        check("", None);
        check(&"<!here> ".repeat(6), None);
    }
}
