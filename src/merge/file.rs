//! One file's three versions → one: bytes, kind and executable bit.

use std::borrow::Cow;

use super::form::same_lines;
use super::text::{self, Labels};
use super::{Dispute, Owned, locks, manifest};
use crate::tree::{Content, Entry};

/// What becomes of a file that mine and theirs both have.
#[derive(Clone, Debug)]
pub(super) enum File {
    /// Mine stays as it is.
    Mine,
    /// This stands there afterwards.
    Written(Content, bool),
    /// Mine stays; whoever locks must do it again, with this command.
    Relock(&'static str),
    /// Written with markers around what is left to decide.
    Marked(Content, bool),
    /// Mine stays (but for the executable bit); theirs is laid beside it.
    Beside(Dispute, bool),
}

/// Whether two contents differ in nothing but line ends, byte-order mark or final newline.
pub(super) fn same(one: &Content, other: &Content) -> bool {
    if one == other {
        return true;
    }
    match (one, other) {
        (Content::Bytes(one), Content::Bytes(other)) => {
            matches!((text::of(one), text::of(other)), (Some(one), Some(other)) if same_lines(one, other))
        }
        _ => false,
    }
}

/// Merges the versions that stand at a path; without a base both added it.
pub(super) fn merge(path: &str, base: Option<&Entry>, mine: &Owned, theirs: &Entry, labels: &Labels) -> File {
    let executable = match base {
        Some(base) if mine.executable == base.executable => theirs.executable,
        Some(_) => mine.executable,
        None => mine.executable || theirs.executable,
    };
    let moded = |content: Content| match content == mine.content && executable == mine.executable {
        true => File::Mine,
        false => File::Written(content, executable),
    };
    if theirs.content == mine.content || base.is_some_and(|base| base.content == theirs.content) {
        return moded(mine.content.clone());
    }
    if base.is_some_and(|base| base.content == mine.content) {
        return moded(theirs.content.clone());
    }
    if let Some(command) = locks::command(path, theirs.content.bytes()) {
        return match base {
            // Only its form differs: nobody locked anything.
            Some(base) if same(&base.content, &mine.content) => moded(theirs.content.clone()),
            _ => File::Relock(command),
        };
    }
    match (base.map(|base| &base.content), &mine.content, &theirs.content) {
        (None | Some(Content::Bytes(_)), Content::Bytes(own), Content::Bytes(new)) => {
            let old = match base.map(|base| &base.content) {
                Some(Content::Bytes(old)) => old.as_ref(),
                _ => b"",
            };
            match (text::of(old), text::of(own), text::of(new)) {
                (Some(old), Some(own), Some(new)) => texts(path, base.map(|_| old), own, new, executable, mine, labels),
                _ => File::Beside(Dispute::Binary, executable),
            }
        }
        _ => File::Beside(Dispute::Kind, executable),
    }
}

fn texts(
    path: &str,
    base: Option<&str>,
    mine: &str,
    theirs: &str,
    executable: bool,
    owned: &Owned,
    labels: &Labels,
) -> File {
    let Some(base) = base else {
        // Both added it: the same lines are the same file, anything else shows both.
        if same_lines(mine, theirs) {
            return if executable == owned.executable {
                File::Mine
            } else {
                File::Written(owned.content.clone(), executable)
            };
        }
        return File::Marked(bytes(text::merge("", mine, theirs, labels).text), executable);
    };
    let mut merged = text::merge(base, mine, theirs, labels);
    if manifest::is_manifest(path) && (merged.conflicts > 0 || !manifest::is_sound(path, &merged.text)) {
        // What cannot be read key by key keeps the merge by lines.
        merged = by_keys(path, base, mine, theirs, labels).unwrap_or(merged);
    }
    let content = bytes(merged.text);
    match merged.conflicts {
        0 if content == owned.content && executable == owned.executable => File::Mine,
        0 => File::Written(content, executable),
        _ => File::Marked(content, executable),
    }
}

/// The keys are merged in plain LF; the form goes around them as around any text.
fn by_keys(path: &str, base: &str, mine: &str, theirs: &str, labels: &Labels) -> Option<text::Lines> {
    use super::form::Form;
    let [(base_form, base), (mine_form, mine), (theirs_form, theirs)] = [base, mine, theirs].map(Form::part);
    let merged = manifest::merge(path, &base, &mine, &theirs, labels)?;
    let form = Form::merge(base_form, mine_form, theirs_form);
    Some(text::Lines { text: form.dress(&merged.text, merged.conflicts > 0), conflicts: merged.conflicts })
}

fn bytes(text: String) -> Content {
    Content::Bytes(Cow::Owned(text.into_bytes()))
}
