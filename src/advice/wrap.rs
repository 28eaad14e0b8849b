//! Text in columns, counted as a terminal shows it.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Breaks text into lines of at most this width: between words, or inside one that is wider than a line.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in text.split_whitespace() {
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for letter in word.chars() {
            if line.width() + letter.width().unwrap_or(0) > width {
                lines.push(std::mem::take(&mut line));
            }
            line.push(letter);
        }
    }
    lines.push(line);
    lines
}

/// The same, each line set in by so much and still within the width.
pub fn indented(text: &str, indent: usize, width: usize) -> Vec<String> {
    wrap(text, width - indent).iter().map(|line| format!("{}{line}", " ".repeat(indent))).collect()
}

/// Text filled up to a width.
pub fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_wraps_between_words_and_inside_endless_ones() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh i", 3), ["abc", "def", "gh", "i"]);
        assert_eq!(wrap("世界 you", 4), ["世界", "you"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn columns_count_what_is_shown() {
        assert_eq!(pad("世界", 6), "世界  ");
        assert_eq!(indented("one two", 2, 6), ["  one", "  two"]);
    }
}
