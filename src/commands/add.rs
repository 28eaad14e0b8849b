//! `duostack add`: a new part in an emitted repository: advised for alone, recorded, merged in.

use super::repository::Repository;
use super::update;
use crate::advice::{self, page};
use crate::cli::AddArgs;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::product::answers::Answers;
use crate::product::{Product, ShapeChoice, reader};

/// Adds a part and brings the repository up to date with it.
///
/// # Errors
/// A name that is taken or refused, and whatever stops an update.
pub fn run(console: &Console, args: &AddArgs) -> Outcome<()> {
    let mut repository = Repository::open(console)?;
    repository.overlay(&args.update.answers)?;
    let name = name(&repository.answers, args)?;
    reader::set(&mut repository.answers, &format!("parts.{name}.workload={}", args.workload))?;
    advise_alone(console, &repository.answers.product()?, &name)?;
    update::carry_out(console, repository, &args.update)
}

/// The name that was asked for, or the workload's, made unique.
fn name(answers: &Answers, args: &AddArgs) -> Outcome<String> {
    let taken = |name: &str| answers.parts.iter().any(|part| part.name() == Some(name));
    match &args.name {
        Some(name) if taken(name) => Err(Failure::refused(format!("there is a part called `{name}` already"))
            .hint("a part's name is unique: say another with `--name NAME`")),
        Some(name) => Ok(name.clone()),
        None => {
            let numbered = (2..).map(|count| format!("{}-{count}", args.workload));
            let mut names = std::iter::once(args.workload.clone()).chain(numbered);
            names.find(|name| !taken(name)).ok_or_else(|| Failure::bug("no name is free"))
        }
    }
}

/// Says what this part would ask for if it were the whole product.
fn advise_alone(console: &Console, product: &Product, name: &str) -> Outcome<()> {
    let mut alone = product.clone();
    alone.parts.retain(|part| part.name.as_str() == name);
    alone.preferences.shape = ShapeChoice::Auto;
    let advice = advice::advise(&alone)?;
    console.status("Advised", &format!("`{name}` alone is for {} ({})", advice.shape, page::said(advice.confidence)));
    for reason in advice.reasons.iter().filter(|reason| reason.favours != "either").take(2) {
        console.say(&format!("{:13}{}", "", reason.because));
    }
    Ok(())
}
