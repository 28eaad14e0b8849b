//! `duostack doctor`: what this machine has, what it is for, and how to get the rest.

use console::Style;

use crate::cli::DoctorArgs;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::toolchain::{Finding, State, inspect};

/// Prints every finding; refuses when something is missing that nothing goes without.
///
/// # Errors
/// A required tool is missing or too old.
pub fn run(console: &Console, args: &DoctorArgs) -> Outcome<()> {
    let findings = inspect();
    if args.json {
        console.data(&format!("{}\n", serde_json::to_string_pretty(&findings).map_err(Failure::bug)?));
    } else {
        console.data(&findings.iter().map(line).collect::<String>());
    }
    let lacking = findings.iter().filter(|finding| finding.required && finding.state != State::Ok);
    let names: Vec<&str> = lacking.clone().map(|finding| finding.name.as_str()).collect();
    if names.is_empty() {
        return Ok(());
    }
    let verb = if names.len() == 1 { "is" } else { "are" };
    let failure = Failure::refused(format!("{} {verb} missing or too old", names.join(" and ")));
    Err(lacking.filter_map(|finding| finding.remedy).fold(failure, Failure::hint))
}

/// One finding, and below it the remedy when there is one to take.
fn line(finding: &Finding) -> String {
    let (mark, style, said) = match (finding.state, finding.required) {
        (State::Ok, _) => ("✓", Style::new().green(), finding.version.clone().unwrap_or_else(|| "free".to_owned())),
        (State::TooOld, required) => {
            ("!", look(required), format!("{} is too old", finding.version.clone().unwrap_or_default()))
        }
        (State::Missing, required) => ("✗", look(required), "not found".to_owned()),
        (State::Busy, _) => ("!", Style::new().yellow(), "in use".to_owned()),
    };
    let dim = Style::new().dim();
    let head = format!("{} {:10} {said:20} {}\n", style.apply_to(mark), finding.name, dim.apply_to(finding.needed_for));
    let remedy = finding.remedy.map_or_else(String::new, |remedy| format!("{:13}→ {remedy}\n", ""));
    head + &remedy
}

fn look(required: bool) -> Style {
    if required { Style::new().red() } else { Style::new().yellow() }
}
