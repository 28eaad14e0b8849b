//! Text in Markdown: shown as it was written, never read as markup.

/// Puts a backslash before what would mean something.
pub fn escape(text: &str) -> String {
    let opens = opener(text);
    let mut escaped = String::with_capacity(text.len());
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let rest = &text[at + c.len_utf8()..];
        let means = match c {
            '\\' | '`' | '*' | '[' | '<' | '|' | '~' | '#' | '$' => true,
            // Inside a word it stands for itself, in addresses too.
            '_' => !(before.is_alphanumeric() && rest.starts_with(char::is_alphanumeric)),
            '&' => is_entity(rest),
            _ => opens == Some(at),
        };
        if means {
            escaped.push('\\');
        }
        escaped.push(c);
        before = c;
    }
    escaped
}

/// The mark by which a line that begins so would begin a quotation, a list or a rule.
fn opener(text: &str) -> Option<usize> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let mut rest = text[digits..].chars();
    let (mark, next) = (rest.next()?, rest.next());
    let opens = match mark {
        '>' => digits == 0,
        '-' | '+' => digits == 0 && next.is_none_or(|next| next == ' ' || next == mark),
        '.' | ')' => digits > 0 && next.is_none_or(|next| next == ' '),
        _ => false,
    };
    opens.then_some(digits)
}

/// Whether what follows an ampersand makes it a character of another name: `amp;`, `#38;`.
fn is_entity(rest: &str) -> bool {
    let name = rest.split(';').next().unwrap_or_default();
    name.len() < rest.len() && !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '#')
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::{Event, Options, Parser, TagEnd};

    use super::*;

    /// What a reader sees of one line; any markup in it shows.
    fn shown(markdown: &str) -> String {
        let github = Options::ENABLE_TABLES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_MATH
            | Options::ENABLE_GFM;
        Parser::new_ext(markdown, github)
            .map(|event| match event {
                Event::Text(text) => text.to_string(),
                Event::Start(_) | Event::End(TagEnd::Paragraph) => String::new(),
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn every_text_is_shown_as_it_was_written() {
        for text in [
            "a*b*c",
            "_a_ snake_case",
            "`code`",
            "[a](b)",
            "![a](b)",
            "<b>",
            "<!--",
            "a | b",
            "~~a~~",
            "# a",
            "C#",
            "$x$",
            "&amp; &#38; AT&T",
            "\\*",
            "- a",
            "-",
            "---",
            "+ a",
            "1. a",
            "12) a",
            "> a",
            "1e3",
            "-1",
            "1.5",
            "a: b",
            "https://example.org/a_b?c=1&d=2",
            "{{x}} ${y}",
            "*",
            "**",
            "'\"",
        ] {
            assert_eq!(shown(&escape(text)), text, "{}", escape(text));
        }
    }

    #[test]
    fn plain_text_stays_as_it_is() {
        for text in ["Harbor Pulse", "Šárka's Café & Co.", "a-b, c (d)", "1.5 -> 2", "snake_case"] {
            assert_eq!(escape(text), text);
        }
    }
}
