//! An emitted repository: its root, its answers, and the base of the next update.

use std::path::PathBuf;

use crate::base::{self, Base, MANIFEST};
use crate::cli::AnswerArgs;
use crate::console::Console;
use crate::disk;
use crate::disk::transaction;
use crate::failure::{Failure, Outcome};
use crate::product::answers::Answers;
use crate::product::reader;

/// The answers file at its root.
pub const ANSWERS: &str = "duostack.toml";

/// An emitted repository as it stands: its answers and its base.
#[derive(Debug)]
pub struct Repository {
    /// Its folder.
    pub root: PathBuf,
    /// What was emitted last.
    pub base: Base,
    /// The answers file's text.
    pub text: String,
    /// The answers.
    pub answers: Answers,
}

impl Repository {
    /// The repository around the current folder; takes back what a killed write left half done.
    ///
    /// # Errors
    /// No repository here, answers that are not valid, a base that is damaged or missing.
    pub fn open(console: &Console) -> Outcome<Self> {
        let root = disk::folder_with(ANSWERS).ok_or_else(|| {
            Failure::refused(format!("there is no {ANSWERS} here or in a folder above"))
                .hint("run this inside a repository that `duostack new` emitted")
        })?;
        if transaction::recover(&root)? {
            console.note("an earlier run was killed while it wrote; everything stands as it was before that run");
        }
        let text = disk::read_text(&root.join(ANSWERS))?;
        let answers = reader::read(&text, ANSWERS)?;
        let manifest = disk::read_if_there(&root.join(MANIFEST))?.ok_or_else(|| base::damaged("it is missing"))?;
        let manifest = String::from_utf8(manifest).map_err(|_| base::damaged("the manifest is no text"))?;
        let base = Base::read(&manifest, |path| {
            disk::read_if_there(&root.join(path))?.ok_or_else(|| base::damaged(&format!("{path} is missing")))
        })?;
        Ok(Self { root, base, text, answers })
    }

    /// The recorded answers with those of the command line laid over them.
    ///
    /// # Errors
    /// An answer that is refused.
    pub fn overlay(&mut self, args: &AnswerArgs) -> Outcome<()> {
        let document = self.answers.document.clone();
        let decision = self.answers.decision.clone();
        super::overlay(&mut self.answers, args)?;
        // Comments and decision are this repository's own, whatever file was laid over them.
        (self.answers.document, self.answers.decision) = (document, decision);
        Ok(())
    }
}
