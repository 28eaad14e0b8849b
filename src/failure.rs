//! What went wrong, what to do about it, and which exit code says so.

use std::fmt;

/// Result of anything that a person's input or machine may refuse.
pub type Outcome<T> = Result<T, Failure>;

/// Who has to act; decides the heading and the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The input or the machine does not allow it (exit 1).
    Refused,
    /// The command line itself is wrong (exit 2).
    Usage,
    /// Done, but something conflicts (exit 3).
    Conflict,
    /// A bug of ours (exit 70).
    Bug,
    /// Ctrl-C (exit 130).
    Interrupted,
}

impl Kind {
    /// The process exit code, as the interface fixes it.
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::Refused => 1,
            Kind::Usage => 2,
            Kind::Conflict => 3,
            Kind::Bug => 70,
            Kind::Interrupted => 130,
        }
    }
}

/// One failure: kind, cause and the ways out.
#[derive(Debug)]
pub struct Failure {
    /// Who has to act.
    pub kind: Kind,
    /// What happened, without a final full stop.
    pub source: anyhow::Error,
    /// Ways out, one sentence each.
    pub hints: Vec<String>,
}

impl Failure {
    /// A refusal with its reason.
    pub fn refused(reason: impl fmt::Display) -> Self {
        Self::of(Kind::Refused, reason)
    }

    /// A wrong command line.
    pub fn usage(reason: impl fmt::Display) -> Self {
        Self::of(Kind::Usage, reason)
    }

    /// Something that can only be our own mistake.
    pub fn bug(reason: impl fmt::Display) -> Self {
        Self::of(Kind::Bug, reason).hint("this is a bug in duostack: please report it with the command you ran")
    }

    /// Done, with something left to decide.
    pub fn conflict(reason: impl fmt::Display) -> Self {
        Self::of(Kind::Conflict, reason)
    }

    /// The user pressed Ctrl-C.
    pub fn interrupted() -> Self {
        Self::of(Kind::Interrupted, "interrupted; nothing was written")
    }

    /// The user pressed Ctrl-C during work that can be taken up again.
    pub fn interrupted_while(doing: &str) -> Self {
        Self::of(Kind::Interrupted, format!("interrupted; while {doing}")).hint("the same command takes it up again")
    }

    /// The same failure with one more way out.
    #[must_use]
    pub fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.hints.push(hint.to_string());
        self
    }

    fn of(kind: Kind, reason: impl fmt::Display) -> Self {
        Self { kind, source: anyhow::anyhow!("{reason}"), hints: Vec::new() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.source)
    }
}

/// `did you mean` among the valid words, when one is near enough to be meant.
pub fn nearest<'a>(typed: &str, valid: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    valid
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(&typed.to_lowercase(), word), word))
        .filter(|(distance, word)| *distance <= 2.max(word.len() / 3))
        .min()
        .map(|(_, word)| word)
}
