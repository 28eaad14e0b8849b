//! The command line that gives the same answers without a question.

use super::Purpose;
use crate::product::answers::{Answers, Origin, PartAnswer};
use crate::product::keys::KEYS;

/// One line for a POSIX shell.
pub fn command(answers: &Answers, purpose: Purpose<'_>) -> String {
    let mut words = vec!["duostack".to_owned()];
    match purpose {
        Purpose::Advise => words.push("advise".to_owned()),
        Purpose::New { dir, flags, .. } => {
            words.push("new".to_owned());
            words.extend(dir.map(|dir| quoted(&dir.display().to_string())));
            words.extend(flags.iter().map(|flag| quoted(flag)));
        }
    }
    let mut set = |path: &str, value: &str| words.extend(["--set".to_owned(), quoted(&format!("{path}={value}"))]);
    for key in KEYS {
        let path = key.path();
        if let Some(answer) =
            answers.get(&path).filter(|answer| answer.text != key.default && answer.origin != Origin::Default)
        {
            set(&path, &answer.text);
        }
    }
    for (path, answer) in answers.of_pack() {
        set(path, &answer.text);
    }
    for part in &answers.parts {
        let value = |key| part.values.get(key).map_or("", |answer| answer.text.as_str());
        let name = PartAnswer::name(part).unwrap_or_default();
        set(&format!("parts.{name}.workload"), value("workload"));
        if value("importance") == "supporting" {
            set(&format!("parts.{name}.importance"), "supporting");
        }
    }
    words.push("--yes".to_owned());
    words.join(" ")
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./=:,+@".contains(letter);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(quoted("a.b=c"), "a.b=c");
        assert_eq!(quoted("name=Ada's map"), r"'name=Ada'\''s map'");
    }
}
