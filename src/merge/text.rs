//! Lines of three texts → one: what only one side changed, and diff3 markers where both did.

use std::collections::HashMap;

use super::form::Form;
use super::regions::{Change, regions};

/// What stands behind the markers: which side, and which version of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    /// The owner's side.
    pub mine: String,
    /// What was emitted last.
    pub base: String,
    /// What would be emitted now.
    pub theirs: String,
}

/// The merged text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines {
    /// With markers where sides conflict.
    pub text: String,
    /// How many places are left to decide.
    pub conflicts: usize,
}

/// Merges three texts line by line. Byte-order mark, line ends and the final newline are merged on
/// their own, so that a file that the owner turned to CRLF merges as if it were LF and stays CRLF.
pub fn merge(base: &str, mine: &str, theirs: &str, labels: &Labels) -> Lines {
    let [(base_form, base), (mine_form, mine), (theirs_form, theirs)] = [base, mine, theirs].map(Form::part);
    let form = Form::merge(base_form, mine_form, theirs_form);
    let merged = lines(&base, &mine, &theirs, labels);
    Lines { text: form.dress(&merged.text, merged.conflicts > 0), conflicts: merged.conflicts }
}

/// Merges texts of plain LF lines; falls back to one whole conflict rather than lose a line.
fn lines(base: &str, mine: &str, theirs: &str, labels: &Labels) -> Lines {
    let [base_lines, mine_lines, theirs_lines] =
        [base, mine, theirs].map(|text| text.split_inclusive('\n').collect::<Vec<_>>());
    let mut text = String::with_capacity(mine.len() + theirs.len() / 2);
    let mut conflicts = 0;
    for region in regions(&base_lines, &mine_lines, &theirs_lines) {
        let (own, new) = (&mine_lines[region.mine], &theirs_lines[region.theirs]);
        match region.change {
            Change::Mine => text.extend(own.iter().copied()),
            Change::Theirs => text.extend(new.iter().copied()),
            Change::Conflict => {
                conflicts += 1;
                text += &conflict(&base_lines[region.base].concat(), own, new, labels);
            }
        }
    }
    match keeps_added(base, mine, &text) && keeps_added(base, theirs, &text) {
        true => Lines { text, conflicts },
        false => Lines { text: marked(&[], mine, base, theirs, &[], labels), conflicts: 1 },
    }
}

/// A conflict, with the lines that both sides share at its edges left outside (git's zdiff3).
fn conflict(base: &str, mine: &[&str], theirs: &[&str], labels: &Labels) -> String {
    let head = mine.iter().zip(theirs).take_while(|(a, b)| a == b).count();
    let ((before, mine), theirs) = (mine.split_at(head), &theirs[head..]);
    let tail = mine.iter().rev().zip(theirs.iter().rev()).take_while(|(a, b)| a == b).count();
    let (mine, after) = mine.split_at(mine.len() - tail);
    marked(before, &mine.concat(), base, &theirs[..theirs.len() - tail].concat(), after, labels)
}

fn marked(before: &[&str], mine: &str, base: &str, theirs: &str, after: &[&str], labels: &Labels) -> String {
    let [before, after] = [before, after].map(<[&str]>::concat);
    let Labels { mine: mine_label, base: base_label, theirs: theirs_label } = labels;
    format!(
        "{before}<<<<<<< {mine_label}\n{mine}||||||| {base_label}\n{base}=======\n{theirs}>>>>>>> {theirs_label}\n{after}"
    )
}

/// Whether every line that a side added is in the result at least as often.
fn keeps_added(base: &str, side: &str, result: &str) -> bool {
    let [base, side, result] = [base, side, result].map(counts);
    let of = |counts: &HashMap<&str, usize>, line: &str| counts.get(line).copied().unwrap_or(0);
    side.iter().all(|(line, count)| count.saturating_sub(of(&base, line)) <= of(&result, line))
}

fn counts(text: &str) -> HashMap<&str, usize> {
    text.lines().fold(HashMap::new(), |mut counts, line| {
        *counts.entry(line).or_default() += 1;
        counts
    })
}

/// Whether a text holds the markers of a merge that nobody has resolved, with or without a base section.
pub fn has_markers(text: &str) -> bool {
    let mut depth = 0;
    for line in text.lines() {
        depth = match depth {
            0 if line.starts_with("<<<<<<< ") => 1,
            1 if line == "=======" => 2,
            2 if line.starts_with(">>>>>>> ") => return true,
            depth => depth,
        };
    }
    false
}

/// Text that can be merged by lines: UTF-8 without a NUL byte.
pub fn of(bytes: &[u8]) -> Option<&str> {
    if bytes.contains(&0) { None } else { std::str::from_utf8(bytes).ok() }
}
