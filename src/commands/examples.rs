//! `duostack examples`: lists the examples, or prints one's answers.

use serde_json::json;

use crate::cli::ExamplesArgs;
use crate::console::Console;
use crate::examples::{EXAMPLES, Example};
use crate::failure::{Failure, Outcome};

/// Prints the list or one example.
///
/// # Errors
/// An unknown example.
pub fn run(console: &Console, args: &ExamplesArgs) -> Outcome<()> {
    match &args.name {
        Some(name) => one(console, Example::find(name)?, args.json),
        None => list(console, args.json),
    }
}

fn one(console: &Console, example: &Example, as_json: bool) -> Outcome<()> {
    if as_json {
        let text = serde_json::to_string_pretty(&described(example)?).map_err(Failure::bug)?;
        console.data(&format!("{text}\n"));
    } else {
        console.data(example.answers);
    }
    Ok(())
}

fn list(console: &Console, as_json: bool) -> Outcome<()> {
    let examples = EXAMPLES.iter().map(described).collect::<Outcome<Vec<_>>>()?;
    if as_json {
        console.data(&format!("{}\n", serde_json::to_string_pretty(&examples).map_err(Failure::bug)?));
        return Ok(());
    }
    for example in &examples {
        let text = |key: &str| example[key].as_str().unwrap_or_default().to_owned();
        console.data(&format!(
            "{:<10} {:<7} {}: {}\n",
            text("name"),
            text("shape"),
            text("product"),
            text("description")
        ));
    }
    console.say("\n`duostack examples NAME` prints one's answers, `duostack new --example NAME` emits it, `duostack demo NAME` runs it.");
    Ok(())
}

fn described(example: &Example) -> Outcome<serde_json::Value> {
    let product = example.read()?.product()?;
    let advice = crate::advice::advise(&product)?;
    Ok(
        json!({ "name": example.name, "product": product.name.as_str(), "description": product.description, "shape": advice.shape, "answers": example.answers }),
    )
}
