//! What a pack asks beyond the common answers: `pack.toml` at its root.
//!
//! ```toml
//! [[questions]]
//! key = "database"                    # answered as pack.database, said as {{pack.database}}
//! ask = "Which database?"
//! why = "It decides the compose file."
//! accepts = ["sqlite", "postgres"]    # any text when left out
//! default = "sqlite"
//! ```
//! A layer may depend on an answer: `repository+database-postgres`.

use std::collections::BTreeMap;

use toml_edit::{Document, Item, TableLike};

use crate::failure::{Failure, Outcome, nearest};
use crate::name::PartName;
use crate::product::answers::Answers;

/// The file at a pack's root.
pub const FILE: &str = "pack.toml";
const KEYS: &[&str] = &["key", "ask", "why", "accepts", "default"];

/// One further question of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Kebab-case, unique in the pack.
    pub key: String,
    /// The question itself.
    pub ask: String,
    /// One line on why it matters.
    pub why: String,
    /// The closed list of words; any text when it is empty.
    pub accepts: Vec<String>,
    /// The answer when nobody says anything.
    pub default: String,
}

impl Question {
    /// Dotted path, as in `--set`.
    pub fn path(&self) -> String {
        format!("pack.{}", self.key)
    }

    /// The facts that its answers give: `database-postgres`.
    pub fn facts(&self) -> impl Iterator<Item = String> {
        self.accepts.iter().map(|word| format!("{}-{word}", self.key))
    }

    fn accepts(&self, text: &str) -> bool {
        self.accepts.is_empty() || self.accepts.iter().any(|word| word == text)
    }
}

/// Reads the questions of a `pack.toml`.
///
/// # Errors
/// TOML that does not parse, an unknown or missing key, a default outside the list; with file and line.
pub fn read(text: &str) -> Outcome<Vec<Question>> {
    let document = Document::parse(text).map_err(|error| {
        let line = line(text, error.span().map_or(0, |span| span.start));
        Failure::refused(format!("{FILE}:{line}: not TOML: {}", error.message())).hint(FORM)
    })?;
    if let Some((key, item)) = document.iter().find(|(key, _)| *key != "questions") {
        return Err(wrong(text, item, &format!("unknown key `{key}`")));
    }
    let Some(item) = document.get("questions") else { return Ok(Vec::new()) };
    let tables = item.as_array_of_tables().ok_or_else(|| wrong(text, item, "`questions` is a list of tables"))?;
    let mut questions: Vec<Question> = Vec::new();
    for table in tables {
        let question = question(text, table)?;
        if questions.iter().any(|other| other.key == question.key) {
            return Err(wrong(text, &table["key"], &format!("two questions have the key `{}`", question.key)));
        }
        questions.push(question);
    }
    Ok(questions)
}

const FORM: &str = "a question is [[questions]] with key, ask, why, default, and accepts for a closed list of words";

fn question(text: &str, table: &dyn TableLike) -> Outcome<Question> {
    if let Some((key, item)) = table.iter().find(|(key, _)| !KEYS.contains(key)) {
        return Err(wrong(text, item, &format!("unknown key `{key}`")));
    }
    let start = table.iter().next().map_or(&Item::None, |(_, item)| item);
    let say = |key: &str| {
        let item = table.get(key).ok_or_else(|| wrong(text, start, &format!("a question has no `{key}`")))?;
        item.as_str().map(str::to_owned).ok_or_else(|| wrong(text, item, &format!("`{key}` is text in double quotes")))
    };
    let accepts = match table.get("accepts") {
        None => Vec::new(),
        Some(item) => {
            let words = item.as_array().into_iter().flatten().map(|word| word.as_str().map(str::to_owned));
            let words: Vec<String> = words.collect::<Option<_>>().unwrap_or_default();
            let sound = !words.is_empty() && words.iter().all(|word| PartName::new(word).is_ok());
            if !sound {
                return Err(wrong(text, item, "`accepts` is a list of kebab-case words in double quotes"));
            }
            words
        }
    };
    let question = Question { key: say("key")?, ask: say("ask")?, why: say("why")?, accepts, default: say("default")? };
    if let Err(bad) = PartName::new(&question.key) {
        return Err(wrong(text, &table_item(table, "key"), &format!("key {:?}: {}", question.key, bad.rule)));
    }
    if !question.accepts(&question.default) {
        let told = format!("the default {:?} is none of: {}", question.default, question.accepts.join(", "));
        return Err(wrong(text, &table_item(table, "default"), &told));
    }
    Ok(question)
}

fn table_item(table: &dyn TableLike, key: &str) -> Item {
    table.get(key).cloned().unwrap_or(Item::None)
}

fn wrong(text: &str, item: &Item, what: &str) -> Failure {
    let line = line(text, item.span().map_or(0, |span| span.start));
    Failure::refused(format!("{FILE}:{line}: {what}")).hint(FORM)
}

fn line(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// Answers to a pack's questions, by key.
pub type PackAnswers = BTreeMap<String, String>;

/// What was answered, and the defaults for the rest.
///
/// # Errors
/// An answer to what the pack does not ask, or one that it does not accept, with its origin.
pub fn settle(questions: &[Question], answers: &Answers) -> Outcome<PackAnswers> {
    for (path, answer) in answers.of_pack() {
        let Some(question) = questions.iter().find(|question| question.path() == *path) else {
            let known: Vec<String> = questions.iter().map(Question::path).collect();
            let failure = Failure::refused(format!("{}: this pack does not ask for `{path}`", answer.origin));
            let failure = match nearest(path, known.iter().map(String::as_str)) {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure,
            };
            return Err(match known.is_empty() {
                true => failure.hint("it asks nothing beyond the common answers: take the line out"),
                false => failure.hint(format!("it asks for: {}", known.join(", "))),
            });
        };
        if !question.accepts(&answer.text) || answer.text.chars().any(char::is_control) {
            let accepts = match question.accepts.is_empty() {
                true => "one line of text".to_owned(),
                false => question.accepts.join(", "),
            };
            return Err(Failure::refused(format!("{}: {path} does not accept {:?}", answer.origin, answer.text))
                .hint(format!("{path} accepts: {accepts}")));
        }
    }
    let settled = |question: &Question| {
        let text = answers.get(&question.path()).map_or(&question.default, |answer| &answer.text);
        (question.key.clone(), text.clone())
    };
    Ok(questions.iter().map(settled).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[[questions]]\nkey = \"database\"\nask = \"Which?\"\nwhy = \"Because.\"\naccepts = [\"sqlite\", \"postgres\"]\ndefault = \"sqlite\"\n";

    #[test]
    fn a_question_is_read_whole() {
        let questions = read(GOOD).unwrap();
        assert_eq!(questions[0].facts().collect::<Vec<_>>(), ["database-sqlite", "database-postgres"]);
        assert!(read("").unwrap().is_empty());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (old, new, says) in [
            ("key =", "kay =", "pack.toml:2: unknown key `kay`"),
            ("ask = \"Which?\"\n", "", "pack.toml:2: a question has no `ask`"),
            ("ask = \"Which?\"", "ask = 1", "pack.toml:3: `ask` is text"),
            ("[[questions]]", "[questions]", "`questions` is a list"),
            ("[\"sqlite\", \"postgres\"]", "[]", "pack.toml:5: `accepts`"),
            ("[\"sqlite\", \"postgres\"]", "[\"My SQL\"]", "pack.toml:5: `accepts`"),
            ("default = \"sqlite\"", "default = \"mysql\"", "pack.toml:6: the default \"mysql\""),
            ("\"database\"", "\"Data Base\"", "pack.toml:2: key \"Data Base\""),
            ("[[questions]]", "colour = 1\n[[questions]]", "unknown key `colour`"),
            ("key =", "key", "pack.toml:2: not TOML"),
        ] {
            let failure = read(&GOOD.replacen(old, new, 1)).unwrap_err().to_string();
            assert!(failure.contains(says), "{failure}");
        }
        let twice = read(&format!("{GOOD}{GOOD}")).unwrap_err().to_string();
        assert!(twice.contains("two questions"), "{twice}");
    }
}
