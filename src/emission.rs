//! What one run emits: the tree, the answers file and the base, still in memory.

use std::borrow::Cow;

use crate::advice::Advice;
use crate::base::{self, Base};
use crate::catalogue::Catalogue;
use crate::disk::{Access, Item};
use crate::failure::Outcome;
use crate::merge::form::Form;
use crate::product::Product;
use crate::product::answers::Answers;
use crate::product::writer::{self, Recorded};
use crate::tree::{Content, Entry, Tree};
use crate::{blueprint, pack, render};

/// In `.env.example`, the value that stands for a secret of the repository's own.
const SECRET_PLACEHOLDER: &str = "generate-me";

/// A repository in memory.
#[derive(Clone, Debug)]
pub struct Emission {
    /// What the templates emitted.
    pub tree: Tree,
    /// `duostack.toml`.
    pub answers: String,
    /// Content hash of the pack that rendered it.
    pub pack: String,
}

impl Emission {
    /// Renders a product with a pack.
    ///
    /// # Errors
    /// Whatever is wrong with the pack's templates.
    pub fn of(product: &Product, advice: &Advice, answers: &Answers, catalogue: &Catalogue) -> Outcome<Self> {
        let asked = pack::settle(&catalogue.questions, answers)?;
        let blueprint = blueprint::draw(product, advice, catalogue, &asked);
        let pack = catalogue.hash();
        let own = catalogue.is_own(&pack).then_some(pack.as_str());
        let recorded = Recorded { hash: own, answers: &asked };
        let answers = match answers.document.as_deref().map(Form::part) {
            // What the owner keeps in CRLF stays in CRLF.
            Some((form, text)) => form.dress(&writer::write(Some(&text), product, advice, recorded), false),
            None => writer::write(None, product, advice, recorded),
        };
        Ok(Self { tree: render::render(&blueprint, advice, &catalogue.supersets)?, answers, pack })
    }

    /// Everything to be written: the tree, the answers, the base, and `.env` with fresh secrets.
    pub fn items(&self, random: impl FnMut() -> String) -> Vec<Item<'_>> {
        let mut items: Vec<Item<'_>> = self
            .tree
            .iter()
            .map(|(path, entry)| Item {
                path: path.into(),
                content: Cow::Borrowed(&entry.content),
                access: access(entry),
            })
            .collect();
        items.push(file("duostack.toml", self.answers.clone().into_bytes(), Access::Plain));
        if let Some(env) = self.environment(random) {
            items.push(file(".env", env.into_bytes(), Access::Private));
        }
        items.extend(base::items(&self.tree, &self.pack, &Base::default(), &[]));
        items
    }

    /// `.env` from `.env.example`, when the tree ignores it: each placeholder gets a secret of its own.
    fn environment(&self, mut random: impl FnMut() -> String) -> Option<String> {
        let example = std::str::from_utf8(self.tree.get(".env.example")?.content.bytes()).ok()?;
        let ignored = std::str::from_utf8(self.tree.get(".gitignore")?.content.bytes())
            .ok()?
            .lines()
            .any(|line| matches!(line, ".env" | "/.env"));
        let fill = |line: &str| match line.strip_suffix(SECRET_PLACEHOLDER) {
            Some(name) if name.ends_with('=') => format!("{name}{}\n", random()),
            _ => format!("{line}\n"),
        };
        ignored.then(|| example.lines().map(fill).collect())
    }
}

fn access(entry: &Entry) -> Access {
    if entry.executable { Access::Executable } else { Access::Plain }
}

fn file(path: &'static str, bytes: Vec<u8>, access: Access) -> Item<'static> {
    Item { path: path.into(), content: Cow::Owned(Content::Bytes(Cow::Owned(bytes))), access }
}
