//! Form of a text beside its lines: byte-order mark, line ends, final newline.

use std::borrow::Cow;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// What a text is dressed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    byte_order_mark: bool,
    /// Every line ends in CRLF.
    crlf: bool,
    final_newline: bool,
}

impl Form {
    /// Takes a text apart into its form and its lines, each of which ends in LF.
    pub fn part(text: &str) -> (Self, Cow<'_, str>) {
        let bare = text.strip_prefix(BYTE_ORDER_MARK);
        let rest = bare.unwrap_or(text);
        let crlf = rest.contains("\r\n") && rest.matches('\n').count() == rest.matches("\r\n").count();
        let form =
            Self { byte_order_mark: bare.is_some(), crlf, final_newline: rest.is_empty() || rest.ends_with('\n') };
        let mut lines = if crlf { Cow::Owned(rest.replace("\r\n", "\n")) } else { Cow::Borrowed(rest) };
        if !form.final_newline {
            lines.to_mut().push('\n');
        }
        (form, lines)
    }

    /// What one side changed wins; where both did, they agree, for each is a yes or a no.
    pub fn merge(base: Self, mine: Self, theirs: Self) -> Self {
        let choose = |of: fn(&Self) -> bool| if of(&mine) == of(&base) { of(&theirs) } else { of(&mine) };
        Self {
            byte_order_mark: choose(|form| form.byte_order_mark),
            crlf: choose(|form| form.crlf),
            final_newline: choose(|form| form.final_newline),
        }
    }

    /// Lines in this form again; a text that ends in a marker keeps its final newline.
    pub fn dress(self, lines: &str, marked: bool) -> String {
        let lines = if self.final_newline || marked { lines } else { lines.strip_suffix('\n').unwrap_or(lines) };
        let lines = if self.crlf { Cow::Owned(lines.replace('\n', "\r\n")) } else { Cow::Borrowed(lines) };
        let mark = if self.byte_order_mark { BYTE_ORDER_MARK.to_string() } else { String::new() };
        mark + &lines
    }
}

/// Whether two texts hold the same lines, whatever their form.
pub fn same_lines(one: &str, other: &str) -> bool {
    one == other || Form::part(one).1 == Form::part(other).1
}
