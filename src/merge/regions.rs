//! Which lines of three texts belong together, and who changed them.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Who changed a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nobody, the owner alone, or both alike.
    Mine,
    /// The templates alone.
    Theirs,
    /// Both, differently.
    Conflict,
}

/// A run of lines in each text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Who changed it.
    pub change: Change,
    /// Lines of base.
    pub base: Range<usize>,
    /// Lines of mine.
    pub mine: Range<usize>,
    /// Lines of theirs.
    pub theirs: Range<usize>,
}

/// A changed run of lines: where it was and what it became.
#[derive(Clone, Debug)]
struct Edit {
    base: Range<usize>,
    side: Range<usize>,
}

/// Cuts three texts into regions, in order. Edits that touch belong together, as in git.
pub fn regions(base: &[&str], mine: &[&str], theirs: &[&str]) -> Vec<Region> {
    let (my_edits, their_edits) = (edits(base, mine), edits(base, theirs));
    let (mut my, mut their) = (Walk::over(&my_edits), Walk::over(&their_edits));
    let mut regions = Vec::new();
    let mut at = 0;
    while let Some(start) = my.start().into_iter().chain(their.start()).min() {
        // Nothing changed until here.
        regions.push(Region {
            change: Change::Mine,
            base: at..start,
            mine: my.line(at)..my.line(start),
            theirs: their.line(at)..their.line(start),
        });
        let (my_start, their_start) = (my.line(start), their.line(start));
        let mut end = start;
        let (mut by_me, mut by_them) = (false, false);
        loop {
            match (my.take_touching(start, end), their.take_touching(start, end)) {
                (None, None) => break,
                (mine, theirs) => {
                    (by_me, by_them) = (by_me || mine.is_some(), by_them || theirs.is_some());
                    end = mine.into_iter().chain(theirs).fold(end, usize::max);
                }
            }
        }
        let (mine_range, theirs_range) = (my_start..my.line(end), their_start..their.line(end));
        let alike = mine[mine_range.clone()] == theirs[theirs_range.clone()];
        let change = match (by_me, by_them) {
            (true, true) if !alike => Change::Conflict,
            (false, true) => Change::Theirs,
            _ => Change::Mine,
        };
        regions.push(Region { change, base: start..end, mine: mine_range, theirs: theirs_range });
        at = end;
    }
    regions.push(Region {
        change: Change::Mine,
        base: at..base.len(),
        mine: my.line(at)..mine.len(),
        theirs: their.line(at)..theirs.len(),
    });
    regions
}

/// A way through one side's edits.
struct Walk<'a> {
    edits: &'a [Edit],
    /// What the edits passed so far added to the line number.
    shift: isize,
}

impl<'a> Walk<'a> {
    fn over(edits: &'a [Edit]) -> Self {
        Self { edits, shift: 0 }
    }

    fn start(&self) -> Option<usize> {
        self.edits.first().map(|edit| edit.base.start)
    }

    /// The side's line for a line of base that lies behind the edits passed so far.
    fn line(&self, base: usize) -> usize {
        base.saturating_add_signed(self.shift)
    }

    /// Passes the next edit if it touches a range of base; its end.
    fn take_touching(&mut self, start: usize, end: usize) -> Option<usize> {
        let (edit, rest) = self.edits.split_first()?;
        if edit.base.start > end || edit.base.end < start {
            return None;
        }
        self.shift = edit.side.end as isize - edit.base.end as isize;
        self.edits = rest;
        Some(edit.base.end)
    }
}

/// The edits from base to a side, each as wide as it could be placed: where repeated lines leave open which
/// of them was added or taken away, all of them count as touched.
fn edits(base: &[&str], side: &[&str]) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, base, side) {
        if matches!(op, DiffOp::Equal { .. }) {
            continue;
        }
        let edit = Edit { base: op.old_range(), side: op.new_range() };
        match edits.last_mut().filter(|last| last.base.end == edit.base.start && last.side.end == edit.side.start) {
            Some(last) => (last.base.end, last.side.end) = (edit.base.end, edit.side.end),
            None => edits.push(edit),
        }
    }
    let bounds: Vec<(usize, usize)> = (0..edits.len())
        .map(|at| {
            let floor = if at == 0 { 0 } else { edits[at - 1].base.end };
            (floor, edits.get(at + 1).map_or(base.len(), |next| next.base.start))
        })
        .collect();
    edits.iter_mut().zip(bounds).for_each(|(edit, bounds)| widen(edit, bounds, base, side));
    edits
}

/// Slides an insertion or deletion both ways over equal lines and takes in all that it passes.
fn widen(edit: &mut Edit, (floor, ceiling): (usize, usize), base: &[&str], side: &[&str]) {
    let moving = match (edit.base.is_empty(), edit.side.is_empty()) {
        (true, false) => &side[edit.side.clone()],
        (false, true) => &base[edit.base.clone()],
        _ => return,
    };
    let count = moving.len();
    let up = (0..edit.base.start - floor)
        .take_while(|step| base[edit.base.start - 1 - step] == moving[count - 1 - step % count])
        .count();
    let down =
        (0..ceiling - edit.base.end).take_while(|step| base[edit.base.end + step] == moving[step % count]).count();
    edit.base = edit.base.start - up..edit.base.end + down;
    edit.side = edit.side.start - up..edit.side.end + down;
}
