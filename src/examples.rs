//! The examples inside this binary: answers of three products, one per shape.

use crate::failure::{Failure, Outcome, nearest};
use crate::product::answers::Answers;
use crate::product::reader;

/// One example.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// Its name on the command line, and its folder under `examples/`.
    pub name: &'static str,
    /// The text of its answers file.
    pub answers: &'static str,
}

/// Every example; the first is the demo's default.
pub const EXAMPLES: &[Example] = &[
    Example { name: "pulse", answers: include_str!("../examples/pulse/duostack.toml") },
    Example { name: "parley", answers: include_str!("../examples/parley/duostack.toml") },
    Example { name: "foresight", answers: include_str!("../examples/foresight/duostack.toml") },
];

impl Example {
    /// The example with that name.
    ///
    /// # Errors
    /// An unknown name, with the nearest one and the list.
    pub fn find(name: &str) -> Outcome<&'static Example> {
        EXAMPLES.iter().find(|example| example.name == name).ok_or_else(|| {
            let names: Vec<&str> = EXAMPLES.iter().map(|example| example.name).collect();
            let failure = Failure::refused(format!("there is no example {name:?}"));
            let failure = match nearest(name, names.iter().copied()) {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure,
            };
            failure.hint(format!("examples: {}", names.join(", ")))
        })
    }

    /// Its answers.
    ///
    /// # Errors
    /// None, unless the binary was built from a broken example.
    pub fn read(&self) -> Outcome<Answers> {
        reader::read(self.answers, &format!("examples/{}/duostack.toml", self.name))
    }
}
