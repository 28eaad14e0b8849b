//! How `update`, `add`, `status` and `diff` tell what became, or would become, of each file.

use console::Style;
use serde_json::{Value, json};
use similar::TextDiff;

use super::regeneration::Regeneration;
use crate::failure::Failure;
use crate::merge::{State, Verdict, text};
use crate::tree::Content;

/// The files as JSON, with whatever else there is to say.
pub fn json(plan: &Regeneration, more: Value) -> Value {
    let mut report = json!({
        "shape": plan.advice.shape,
        "services": plan.advice.services,
        "current": plan.is_current(),
        "files": plan.merged.verdicts,
    });
    if let (Some(report), Value::Object(more)) = (report.as_object_mut(), more) {
        report.extend(more);
    }
    report
}

/// One line for each file that changes or that there is something to say about; empty when there is none.
pub fn list(plan: &Regeneration) -> String {
    let telling =
        |verdict: &&Verdict| !matches!(verdict.state, State::Unchanged | State::Kept) || verdict.notice.is_some();
    plan.merged.verdicts.iter().filter(telling).map(line).collect()
}

fn line(verdict: &Verdict) -> String {
    let (word, style) = match verdict.state {
        State::Created => ("created", Style::new().green()),
        State::Merged => ("merged", Style::new().green()),
        State::Deleted => ("deleted", Style::new().yellow()),
        State::Conflict => ("conflict", Style::new().red().bold()),
        State::Kept => ("kept", Style::new().cyan()),
        State::Unchanged => ("unchanged", Style::new()),
    };
    let mut text = format!("{:>10}  {}", style.apply_to(word), verdict.path);
    if let Some(old) = &verdict.moved_from {
        text += &format!(" (from {old})");
    }
    text.push('\n');
    let dispute = verdict.dispute.as_ref().map(|dispute| dispute.sentence());
    for told in dispute.iter().chain(&verdict.notice) {
        text += &format!("{:12}{}\n", "", Style::new().dim().apply_to(told));
    }
    if let Some(beside) = &verdict.beside {
        text += &format!("{:12}{}\n", "", Style::new().dim().apply_to(format!("theirs: {beside}")));
    }
    text
}

/// `3 created, 1 merged`, in the order of the states.
pub fn sums(plan: &Regeneration) -> String {
    let words = [
        (State::Created, "created"),
        (State::Merged, "merged"),
        (State::Deleted, "deleted"),
        (State::Conflict, "in conflict"),
    ];
    let counted = words.iter().map(|(state, word)| (plan.merged.in_state(*state).count(), word));
    let told: Vec<String> =
        counted.filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if told.is_empty() { "what was emitted; no file of yours changes".to_owned() } else { told.join(", ") }
}

/// What to do about conflicts, as the end of a run; nothing when there are none.
pub fn conflicts(plan: &Regeneration, written: bool) -> Result<(), Failure> {
    let count = plan.merged.in_state(State::Conflict).count();
    if count == 0 {
        return Ok(());
    }
    let files = if count == 1 { "1 file is" } else { &format!("{count} files are") };
    let failure = Failure::conflict(match written {
        true => format!("{files} left to you to decide; everything else is done, and nothing of yours is lost"),
        false => format!("{files} for you to decide after such an update"),
    });
    let marked = plan.merged.verdicts.iter().any(Verdict::is_marked);
    let beside = plan.merged.verdicts.iter().any(|verdict| verdict.beside.is_some());
    let failure = match marked {
        true => failure.hint("open each file, decide between <<<<<<< and >>>>>>>, delete the markers, then commit"),
        false => failure,
    };
    let failure = match beside {
        true => failure.hint("take what you want from each file that ends in .theirs, delete it, then commit"),
        false => failure,
    };
    Err(failure.hint("`duostack status` shows what is left to decide"))
}

/// The merge as a unified diff of the working tree; colours where they are wanted.
pub fn diff(plan: &Regeneration) -> String {
    let mut out = String::new();
    let paths: std::collections::BTreeSet<&String> = plan.merged.puts.keys().chain(&plan.merged.deletes).collect();
    for path in paths {
        let old = plan.mine.entries.get(path).map(|own| (&own.content, own.executable));
        let new = plan.merged.puts.get(path).map(|(content, executable)| (content, *executable));
        out += &file_diff(path, old, new);
    }
    out
}

type Side<'a> = Option<(&'a Content, bool)>;

/// One file in git's own form, which `git apply` understands.
fn file_diff(path: &str, old: Side<'_>, new: Side<'_>) -> String {
    let bold = Style::new().bold();
    let mut head = vec![format!("diff --git a/{path} b/{path}")];
    match (old, new) {
        (None, Some(new)) => head.push(format!("new file mode {}", mode(new))),
        (Some(old), None) => head.push(format!("deleted file mode {}", mode(old))),
        (Some(old), Some(new)) if mode(old) != mode(new) => {
            head.extend([format!("old mode {}", mode(old)), format!("new mode {}", mode(new))]);
        }
        _ => {}
    }
    let bytes = |side: Side<'_>| side.map_or(Vec::new(), |(content, _)| content.bytes().to_vec());
    let (before, after) = (bytes(old), bytes(new));
    let name =
        |side: Side<'_>, letter: &str| if side.is_some() { format!("{letter}/{path}") } else { "/dev/null".to_owned() };
    let (Some(before), Some(after)) = (text::of(&before), text::of(&after)) else {
        head.push(format!("Binary files {} and {} differ", name(old, "a"), name(new, "b")));
        return head.iter().map(|line| format!("{}\n", bold.apply_to(line))).collect();
    };
    if before != after {
        head.extend([format!("--- {}", name(old, "a")), format!("+++ {}", name(new, "b"))]);
    }
    let mut out: String = head.iter().map(|line| format!("{}\n", bold.apply_to(line))).collect();
    for line in TextDiff::from_lines(before, after).unified_diff().to_string().split_inclusive('\n') {
        let style = match line.as_bytes().first() {
            Some(b'+') => Style::new().green(),
            Some(b'-') => Style::new().red(),
            Some(b'@') => Style::new().cyan(),
            _ => Style::new(),
        };
        out += &format!("{}\n", style.apply_to(line.strip_suffix('\n').unwrap_or(line)));
    }
    out
}

fn mode((content, executable): (&Content, bool)) -> &'static str {
    match (content, executable) {
        (Content::Link(_), _) => "120000",
        (_, true) => "100755",
        (_, false) => "100644",
    }
}
