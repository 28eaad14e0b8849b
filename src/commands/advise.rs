//! `duostack advise`: asks and advises; writes nothing.

use crate::advice;
use crate::cli::AdviseArgs;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::interview::Purpose;

/// Prints the advice as a page, or as JSON.
///
/// # Errors
/// Any answer that is refused.
pub fn run(console: &Console, args: &AdviseArgs) -> Outcome<()> {
    let settled = super::settle(console, &args.answers, args.shape, Purpose::Advise)?;
    if args.answers.json {
        let json = serde_json::to_string_pretty(&settled.advice).map_err(Failure::bug)?;
        console.data(&format!("{json}\n"));
    } else {
        console.data(&advice::page::page(&settled.product, &settled.advice, console.width()));
    }
    Ok(())
}
