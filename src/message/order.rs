//! The order of names in a message.

/// A name as people order names: `worker-2` before `worker-10`. Numbers and what is between them,
/// by turns.
pub fn natural(name: &str) -> Vec<(String, u64)> {
    let mut parts: Vec<(String, u64)> = vec![(String::new(), 0)];
    let mut in_number = false;
    for letter in name.chars() {
        match letter.to_digit(10) {
            Some(digit) => {
                in_number = true;
                let number = &mut parts.last_mut().expect("there is one from the start on").1;
                *number = number.saturating_mul(10).saturating_add(digit.into());
            }
            None if in_number => {
                in_number = false;
                parts.push((letter.to_string(), 0));
            }
            None => parts.last_mut().expect("there is one from the start on").0.push(letter),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::natural;

    #[test]
    fn names_are_in_the_order_of_their_numbers() {
        let mut names = ["web-10", "web-9", "web", "db2-1", "db10", "web-9b", "db2"];
        names.sort_by_cached_key(|name| natural(name));
        assert_eq!(names, ["db2", "db2-1", "db10", "web", "web-9", "web-9b", "web-10"]);
    }
}
