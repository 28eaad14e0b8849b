//! Small grammar for reasons and flips.

use crate::product::{Connections, Outlook, Part, Skill};

/// Things as a sentence lists them: a, b and c.
pub fn listed<T: AsRef<str>>(things: &[T], joint: &str) -> String {
    let things: Vec<&str> = things.iter().map(AsRef::as_ref).collect();
    match things.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} {joint} {last}", first.join(", ")),
        _ => things.concat(),
    }
}

/// The names of parts as a sentence lists them.
pub fn names(parts: &[&Part]) -> String {
    listed(&parts.iter().map(|part| format!("`{}`", part.name)).collect::<Vec<_>>(), "and")
}

/// Parts and the verb that agrees with them.
pub fn they(parts: &[&Part], one: &str, many: &str) -> String {
    format!("{} {}", names(parts), verb(parts, one, many))
}

/// The verb that agrees with so many subjects.
pub fn verb<'w>(subjects: &[&Part], one: &'w str, many: &'w str) -> &'w str {
    if subjects.len() == 1 { one } else { many }
}

/// What a team knows of a language.
pub fn knows(skill: Skill, language: &str) -> String {
    match skill {
        Skill::None => format!("knows no {language}"),
        Skill::Some => format!("knows some {language}"),
        Skill::Strong => format!("is strong in {language}"),
    }
}

/// What stands on the roadmap: first what is planned, then what may come.
pub fn come(items: &[(&str, Outlook)]) -> String {
    let of = |wanted: Outlook| items.iter().filter(|(_, outlook)| *outlook == wanted).map(|(name, _)| *name).collect();
    let clause = |names: Vec<&str>, one: &str, many: &str| match names.len() {
        0 => None,
        1 => Some(format!("{} {one}", names[0])),
        _ => Some(format!("{} {many}", listed(&names, "and"))),
    };
    let planned = clause(of(Outlook::Planned), "is planned", "are planned");
    let maybe = clause(of(Outlook::Maybe), "may come", "may come");
    planned.into_iter().chain(maybe).collect::<Vec<_>>().join(" and ")
}

/// Connections in words.
pub fn amount(connections: Connections) -> &'static str {
    match connections {
        Connections::Hundreds => "hundreds",
        Connections::Thousands => "thousands",
        Connections::TensOfThousands => "tens of thousands",
    }
}

/// A clause as a sentence.
pub fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).chain(['.']).collect()
}
