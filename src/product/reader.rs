//! Reads answers from a file's text and from `--set`, refusing what is unknown with its place.

use toml_edit::{Document, Item, TableLike, Value};

use super::answers::{Answer, Answers, Origin, PartAnswer, accept, check_word, with_nearest};
use super::decision::Decision;
use super::keys::{self, Accepts, Key};
use super::{Importance, Workload};
use crate::failure::{Failure, Outcome};

/// The version of the answers format that this binary reads.
const SCHEMA: i64 = 1;

/// Reads an answers file's text; `file` is the name to show.
///
/// # Errors
/// TOML that does not parse, and any key or value outside the closed lists, with file and line.
pub fn read(text: &str, file: &str) -> Outcome<Answers> {
    let document = Document::parse(text).map_err(|error| not_toml(&error, text, file))?;
    let reader = Reader { text, file };
    let mut answers = Answers { document: Some(text.to_owned()), ..Answers::default() };
    for (name, item) in document.iter() {
        reader.top_level(document.as_table(), name, item, &mut answers)?;
    }
    Ok(answers)
}

/// Reads one `--set KEY=VALUE` into the answers.
///
/// # Errors
/// No `=`, an unknown key, or a value that the key does not accept.
pub fn set(answers: &mut Answers, setting: &str) -> Outcome<()> {
    let origin = Origin::Flag(format!("--set {setting}"));
    let Some((path, value)) = setting.split_once('=') else {
        return Err(Failure::usage(format!("{origin}: no `=`"))
            .hint("write `--set KEY=VALUE`, for instance `--set load.connections=thousands`"));
    };
    let (path, value) = (path.trim(), unquoted(value.trim()));
    if let Some(place) = path.strip_prefix("parts.") {
        return set_part(answers, place, value, origin);
    }
    if path == "parts" {
        return set_parts(answers, value, origin);
    }
    if path.starts_with("pack.") {
        answers.answer_pack(path, value, origin);
        return Ok(());
    }
    match keys::find(path) {
        Some(key) => answers.answer(key, value, origin),
        None => Err(unknown_path(path, &origin)),
    }
}

fn unquoted(value: &str) -> &str {
    ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote)).unwrap_or(value)
}

fn unknown_path(path: &str, origin: &Origin) -> Failure {
    let known: Vec<String> = keys::KEYS.iter().map(Key::path).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    with_nearest(Failure::refused(format!("{origin}: unknown key `{path}`")), path, &known)
        .hint(format!("keys: {}, parts.NAME.workload, parts.NAME.importance", known.join(", ")))
}

/// `parts.NAME.workload=…` or `parts.0.workload=…`; a name or the next index makes a new part.
fn set_part(answers: &mut Answers, place: &str, value: &str, origin: Origin) -> Outcome<()> {
    let (which, key) = match place.split_once('.') {
        Some((which, key)) => (which, part_key(key, &origin)?),
        None => return Err(unknown_path(&format!("parts.{place}"), &origin)),
    };
    check_part_word(key, value, &origin)?;
    let part = part_at(answers, which, &origin)?;
    part.values.insert(key, Answer { text: value.to_owned(), origin });
    Ok(())
}

fn part_at<'a>(answers: &'a mut Answers, which: &str, origin: &Origin) -> Outcome<&'a mut PartAnswer> {
    let count = answers.parts.len();
    let index = match which.parse::<usize>() {
        Ok(index) if index <= count => index,
        Ok(_) => {
            return Err(Failure::refused(format!("{origin}: there is no part {which}"))
                .hint(format!("the next free index is {count}; a part's name works too")));
        }
        Err(_) => answers.parts.iter().position(|part| part.name() == Some(which)).unwrap_or(count),
    };
    if index == count {
        let mut part = PartAnswer::default();
        if which.parse::<usize>().is_err() {
            part.values.insert("name", Answer { text: which.to_owned(), origin: origin.clone() });
        }
        answers.parts.push(part);
    }
    Ok(&mut answers.parts[index])
}

/// `parts=[{ name = "…", workload = "…" }]`, as TOML.
fn set_parts(answers: &mut Answers, value: &str, origin: Origin) -> Outcome<()> {
    let text = format!("parts = {value}\n");
    let name = origin.to_string();
    let flagged = |failure: Failure| Failure {
        source: anyhow::anyhow!("{}", failure.to_string().replacen(&format!("{name}:1"), &name, 1)),
        ..failure
    };
    let read = read(&text, &name).map_err(flagged)?;
    answers.parts = read.parts;
    Ok(())
}

fn part_key(key: &str, origin: &Origin) -> Outcome<&'static str> {
    keys::PART_KEYS.iter().find(|known| **known == key).copied().ok_or_else(|| {
        with_nearest(Failure::refused(format!("{origin}: unknown key `{key}` of a part")), key, keys::PART_KEYS)
            .hint(format!("keys of a part: {}", keys::PART_KEYS.join(", ")))
    })
}

fn check_part_word(key: &str, text: &str, origin: &Origin) -> Outcome<()> {
    match key {
        "workload" => accept("parts.workload", Workload::WORDS, text, origin),
        "importance" => accept("parts.importance", Importance::WORDS, text, origin),
        _ => Ok(()),
    }
}

fn not_toml(error: &toml_edit::TomlError, text: &str, file: &str) -> Failure {
    let line = error.span().map_or(1, |span| line_of(text, span.start));
    let reason = error.message().lines().collect::<Vec<_>>().join("; ");
    Failure::refused(format!("{file}:{line}: not TOML: {reason}"))
        .hint("the format is described in the README, section \"Answers\"")
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// A file's text and the name to show for it.
pub(super) struct Reader<'a> {
    text: &'a str,
    file: &'a str,
}

impl Reader<'_> {
    fn top_level(&self, table: &dyn TableLike, name: &str, item: &Item, answers: &mut Answers) -> Outcome<()> {
        let origin = self.origin(table, name);
        match name {
            "schema" => self.schema(item, &origin),
            "parts" => self.parts(item, &origin, answers),
            "pack" => self.pack(self.table(item, name, &origin)?, answers),
            "decision" => {
                answers.decision = Decision::read(self, self.table(item, name, &origin)?)?;
                Ok(())
            }
            _ if keys::TABLES.contains(&name) => self.values(name, self.table(item, name, &origin)?, answers),
            _ => Err(with_nearest(Failure::refused(format!("{origin}: unknown key `{name}`")), name, keys::TABLES)
                .hint(format!("tables: schema, {}", keys::TABLES.join(", ")))),
        }
    }

    fn schema(&self, item: &Item, origin: &Origin) -> Outcome<()> {
        match item.as_integer() {
            Some(SCHEMA) => Ok(()),
            Some(newer) if newer > SCHEMA => Err(Failure::refused(format!(
                "{origin}: schema {newer} is newer than this duostack, which reads schema {SCHEMA}"
            ))
            .hint("install a newer duostack")),
            _ => Err(Failure::refused(format!("{origin}: schema accepts {SCHEMA} only"))
                .hint(format!("write `schema = {SCHEMA}`"))),
        }
    }

    fn table<'a>(&self, item: &'a Item, name: &str, origin: &Origin) -> Outcome<&'a dyn TableLike> {
        item.as_table_like().ok_or_else(|| {
            Failure::refused(format!("{origin}: `{name}` is a table"))
                .hint(format!("write `[{name}]` on a line of its own, its keys below"))
        })
    }

    fn values(&self, table_name: &str, table: &dyn TableLike, answers: &mut Answers) -> Outcome<()> {
        for (name, item) in table.iter() {
            let origin = self.origin(table, name);
            let key = keys::find(&format!("{table_name}.{name}")).ok_or_else(|| {
                let known = keys::names_in(table_name);
                with_nearest(
                    Failure::refused(format!("{origin}: unknown key `{name}` in [{table_name}]")),
                    name,
                    &known,
                )
                .hint(format!("keys of [{table_name}]: {}", known.join(", ")))
            })?;
            let text = self.scalar(key, item, &origin)?;
            answers.answer(key, &text, origin)?;
        }
        Ok(())
    }

    fn pack(&self, table: &dyn TableLike, answers: &mut Answers) -> Outcome<()> {
        for (name, item) in table.iter() {
            let origin = self.origin(table, name);
            let text = item.as_str().ok_or_else(|| {
                Failure::refused(format!("{origin}: pack.{name} does not accept {}", item.to_string().trim()))
                    .hint(format!("pack.{name} accepts text in double quotes"))
            })?;
            answers.answer_pack(&format!("pack.{name}"), text, origin);
        }
        Ok(())
    }

    fn scalar(&self, key: &Key, item: &Item, origin: &Origin) -> Outcome<String> {
        match (key.accepts, item.as_value()) {
            (Accepts::Flag, Some(Value::Boolean(flag))) => Ok(flag.value().to_string()),
            (Accepts::Text | Accepts::Words(_), Some(Value::String(text))) => Ok(text.value().clone()),
            (accepts, _) => {
                let shown = item.to_string().trim().to_owned();
                // A word of the wrong type is refused with the list, like any other wrong word.
                check_word(key, shown.trim_matches('"'), origin)?;
                let wanted =
                    if accepts == Accepts::Flag { "true or false, without quotes" } else { "text in double quotes" };
                Err(Failure::refused(format!("{origin}: {} does not accept {shown}", key.path()))
                    .hint(format!("{} accepts {wanted}", key.path())))
            }
        }
    }

    fn parts(&self, item: &Item, origin: &Origin, answers: &mut Answers) -> Outcome<()> {
        let wrong = || {
            Failure::refused(format!("{origin}: `parts` is a list of tables"))
                .hint("write `[[parts]]` on a line of its own, then name and workload")
        };
        self.tables(item).ok_or_else(wrong)?.into_iter().try_for_each(|table| self.part(table, answers))
    }

    fn part(&self, table: &dyn TableLike, answers: &mut Answers) -> Outcome<()> {
        let mut part = PartAnswer::default();
        for (name, item) in table.iter() {
            let origin = self.origin(table, name);
            let key = part_key(name, &origin)?;
            let text = item.as_str().ok_or_else(|| {
                Failure::refused(format!("{origin}: parts.{key} does not accept {}", item.to_string().trim()))
                    .hint(format!("parts.{key} accepts text in double quotes"))
            })?;
            check_part_word(key, text, &origin)?;
            part.values.insert(key, Answer { text: text.to_owned(), origin });
        }
        answers.parts.push(part);
        Ok(())
    }

    /// Refuses a key outside a table's closed list.
    pub(super) fn known_keys(&self, table: &dyn TableLike, name: &str, keys: &[&str]) -> Outcome<()> {
        let Some((key, _)) = table.iter().find(|(key, _)| !keys.contains(key)) else { return Ok(()) };
        let origin = self.origin(table, key);
        Err(with_nearest(Failure::refused(format!("{origin}: unknown key `{key}` in [{name}]")), key, keys)
            .hint(format!("keys of [{name}]: {}", keys.join(", "))))
    }

    /// One word of a closed list, when the key is there.
    pub(super) fn word(&self, table: &dyn TableLike, path: &str, key: &str, words: &[&str]) -> Outcome<Option<String>> {
        let Some(item) = table.get(key) else { return Ok(None) };
        let text = item.as_str().map_or_else(|| item.to_string().trim().to_owned(), str::to_owned);
        accept(path, words, &text, &self.origin(table, key))?;
        Ok(Some(text))
    }

    /// The tables of a list, written either way.
    pub(super) fn tables<'t>(&self, item: &'t Item) -> Option<Vec<&'t dyn TableLike>> {
        if let Some(tables) = item.as_array_of_tables() {
            return Some(tables.iter().map(|table| table as &dyn TableLike).collect());
        }
        item.as_array()?.iter().map(|value| value.as_inline_table().map(|table| table as &dyn TableLike)).collect()
    }

    pub(super) fn origin(&self, table: &dyn TableLike, name: &str) -> Origin {
        let offset = table
            .get_key_value(name)
            .and_then(|(key, item)| key.span().or_else(|| item.span()))
            .map_or(0, |span| span.start);
        Origin::Line { file: self.file.to_owned(), line: line_of(self.text, offset) }
    }
}
