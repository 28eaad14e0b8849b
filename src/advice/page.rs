//! The advice as a page that a person reads in a terminal; nothing on it depends on colour.

use console::{Style, style};
use unicode_width::UnicodeWidthStr;

use super::services::title;
use super::wrap::{indented, pad, wrap};
use super::{Advice, ChosenBy, Confidence, Flip, Row, Service};
use crate::product::{Part, Product, Shape};

/// Narrowest page that is laid out; narrower terminals wrap it themselves.
const NARROWEST: usize = 40;
/// Widest page that the eye still follows.
const WIDEST: usize = 92;
/// What stands left of everything but headings.
const MARGIN: &str = "  ";
/// From this width on, numbers stand apart and labels beside their text.
const ROOMY: usize = 60;
/// Width of the labels.
const COLUMN: usize = 8;

const SHAPES: [Shape; 3] = [Shape::Node, Shape::Python, Shape::Both];

/// Lays the advice out for a terminal of this width.
pub fn page(product: &Product, advice: &Advice, width: usize) -> String {
    let width = width.clamp(NARROWEST, WIDEST) - MARGIN.len();
    let sections = [
        ("", verdict(product, advice, width)),
        ("Services", services(product, advice, width)),
        ("Friction", [bars(advice, width), vec![String::new()], table(advice, width)].concat()),
        ("Why", reasons(advice, width)),
        ("What would change it", flips(advice, width)),
    ];
    let mut page = format!("{}\n", headline(product, advice, width));
    for (heading, lines) in sections {
        if !heading.is_empty() {
            page += &format!("\n{}\n", style(heading).bold());
        }
        lines.iter().for_each(|line| page += &format!("{}\n", format!("{MARGIN}{line}").trim_end()));
    }
    page
}

/// The name, and at the far end the shape with how sure it is.
fn headline(product: &Product, advice: &Advice, width: usize) -> String {
    let sure = match advice.chosen_by {
        ChosenBy::Advice => said(advice.confidence),
        ChosenBy::Override => "your choice",
    };
    let (name, shape) = (product.name.as_str(), advice.shape.word());
    let end = format!("{shape} · {sure}");
    let gap = (width + MARGIN.len()).checked_sub(name.width() + end.width()).filter(|gap| *gap > 1);
    let shown = format!("{} {}", tint(shape).bold().apply_to(shape), style(format!("· {sure}")).bold());
    match gap {
        Some(gap) => format!("{}{}{shown}", style(name).bold(), " ".repeat(gap)),
        None => format!("{}\n{shown}", style(wrap(name, width).join("\n")).bold()),
    }
}

fn verdict(product: &Product, advice: &Advice, width: usize) -> Vec<String> {
    let says = match advice.shape {
        Shape::Both => "Each part in the language that suits it, joined by one contract.",
        Shape::Node => "Everything in one language: TypeScript on Node.",
        Shape::Python => "Everything in one language: Python.",
    };
    let sure = match advice.advised {
        None => margin(advice),
        Some(advised) => chosen(product, advice, advised),
    };
    wrap(&format!("{says} {sure}"), width)
}

fn margin(advice: &Advice) -> String {
    let [_, next, _] = advice.friction.ranked();
    let more = match advice.friction.margin() {
        0 => format!("`{next}` costs just as little"),
        more => format!("`{next}` costs {more} more"),
    };
    match advice.confidence {
        Confidence::Clear => format!("Next best, {more}."),
        Confidence::Lean => format!("A lean: next best, {more}."),
        Confidence::TossUp => format!("But it is a toss-up: {more}, either would succeed, and the team decides."),
    }
}

fn chosen(product: &Product, advice: &Advice, advised: Shape) -> String {
    let reason = match product.preferences.reason.trim() {
        "" => "You chose it.".to_owned(),
        reason => format!("You chose it: “{reason}”."),
    };
    let sure = said(advice.confidence);
    match advised == advice.shape {
        true => format!("{reason} The advice agrees ({sure})."),
        false => format!("{reason} The advice would have been `{advised}` ({sure})."),
    }
}

/// Each service with its parts below it.
fn services(product: &Product, advice: &Advice, width: usize) -> Vec<String> {
    let names = advice.services.iter().map(|service| service.name.width()).max().unwrap_or(0);
    let lines = |service: &Service| {
        let name = style(pad(&service.name, names)).bold();
        let language = tint(service.language.word()).apply_to(title(service.language));
        let framework = if service.framework == title(service.language) { "" } else { service.framework };
        let dot = if framework.is_empty() { "" } else { " · " };
        let parts =
            service.parts.iter().filter_map(|name| product.parts.iter().find(|part| part.name.as_str() == name));
        let held = parts.flat_map(|part| indented(&held(part), names + 2, width));
        [format!("{name}  {language}{dot}{framework}")].into_iter().chain(held).collect::<Vec<_>>()
    };
    advice.services.iter().flat_map(lines).collect()
}

fn held(part: &Part) -> String {
    format!("{} ({}, {})", part.name, part.workload, part.importance)
}

/// The sums as bars.
fn bars(advice: &Advice, width: usize) -> Vec<String> {
    let sums = advice.friction;
    let most = SHAPES.map(|shape| sums.of(shape)).into_iter().max().unwrap_or(0).max(1) as usize;
    let least = " ◄ least";
    let room = width - COLUMN - least.width() - 4;
    let bar = |shape: Shape| {
        let sum = sums.of(shape);
        let bar = "█".repeat((sum as usize * room).div_ceil(most));
        let mark = if shape == sums.smallest() { least } else { "" };
        format!("{}{} {sum}{mark}", pad(shape.word(), COLUMN), tint(shape.word()).apply_to(bar))
    };
    SHAPES.map(bar).into()
}

/// One row for each rule that adds friction, and the sums below.
fn table(advice: &Advice, width: usize) -> Vec<String> {
    let between = if width < ROOMY { 1 } else { 3 };
    let titles = width - SHAPES.map(|shape| shape.word().len() + between).iter().sum::<usize>();
    let row = |title: &str, cell: &dyn Fn(Shape) -> String| {
        let cells = SHAPES.map(|shape| format!("{:>1$}", cell(shape), shape.word().len() + between));
        let numbers = cells.iter().zip(SHAPES).map(|(cell, shape)| dimmed(cell, shape)).collect::<String>();
        format!("{}{numbers}", pad(title, titles))
    };
    let mut lines = vec![row("", &|shape| shape.word().to_owned())];
    for Row { title, friction, .. } in &advice.table {
        let mut title = wrap(title, titles).into_iter();
        lines.push(row(&title.next().unwrap_or_default(), &|shape| number(friction.of(shape))));
        lines.extend(title.map(|rest| format!("{MARGIN}{rest}")));
    }
    lines.push(style("─".repeat(width)).dim().to_string());
    lines.push(style(row("sum", &|shape| advice.friction.of(shape).to_string())).bold().to_string());
    lines
}

fn number(friction: u32) -> String {
    if friction == 0 { "·".to_owned() } else { friction.to_string() }
}

/// Nothing stands back, and the head of a column wears its shape's colour.
fn dimmed(cell: &str, shape: Shape) -> String {
    match cell.trim() {
        "·" => style(cell).dim().to_string(),
        word if word == shape.word() => tint(word).apply_to(cell).to_string(),
        _ => cell.to_owned(),
    }
}

/// Each rule that spoke: for what, how strongly, why, and where the article says so.
fn reasons(advice: &Advice, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for reason in &advice.reasons {
        let weight = if reason.weight == 0 { String::new() } else { reason.weight.to_string() };
        let label = format!("{}{weight:>3}  ", pad(reason.favours, COLUMN - 1));
        let indent = if width < ROOMY { MARGIN.len() } else { label.width() };
        let source = indented(&format!("— {}", reason.source), indent, width);
        lines.extend(hanging(&label, reason.favours, &reason.because, width));
        lines.extend(source.iter().map(|line| style(line).dim().to_string()));
    }
    lines
}

/// Each single change, and where it leads.
fn flips(advice: &Advice, width: usize) -> Vec<String> {
    if advice.flips.is_empty() {
        return wrap("No single answer, given differently, would change the shape.", width);
    }
    let flip = |flip: &Flip| {
        let shape = flip.shape.word();
        hanging(&pad(shape, COLUMN), shape, &format!("if {}", flip.change), width)
    };
    advice.flips.iter().flat_map(flip).collect()
}

/// Text beside its tinted label, or below where there is little room.
fn hanging(label: &str, favours: &str, text: &str, width: usize) -> Vec<String> {
    let tinted = tint(favours).apply_to(label);
    if label.width() > COLUMN && width < ROOMY {
        return [tinted.to_string()].into_iter().chain(indented(text, MARGIN.len(), width)).collect();
    }
    let mut lines = indented(text, label.width(), width);
    lines[0] = format!("{tinted}{}", lines[0].trim_start());
    lines
}

/// A confidence in a sentence.
pub fn said(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Clear => "clear",
        Confidence::Lean => "a lean",
        Confidence::TossUp => "a toss-up",
    }
}

fn tint(favours: &str) -> Style {
    match favours {
        "node" => Style::new().green(),
        "python" => Style::new().blue(),
        "both" => Style::new().magenta(),
        _ => Style::new().dim(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advice::advise;
    use crate::advice::tests::sketch;
    use crate::name::{PartName, ProductName};

    const PRODUCTS: &[(&str, &str)] = &[
        ("live-dashboard + machine-learning?", "connections:thousands computation:moderate ai:planned"),
        ("json-api", ""),
        ("chat + json-api", "shape:both"),
    ];

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for (parts, answers) in PRODUCTS {
            let mut product = sketch(parts, answers);
            product.preferences.reason = "世界".repeat(40);
            product.name = ProductName::new(&"wide ".repeat(20)).unwrap();
            product.parts[0].name = PartName::new(&"long".repeat(12)).unwrap();
            for width in 40..=120 {
                let page = page(&product, &advise(&product).unwrap(), width);
                let widest = console::strip_ansi_codes(&page).lines().map(UnicodeWidthStr::width).max();
                assert!(widest <= Some(width), "{width}:\n{page}");
            }
        }
    }

    #[test]
    fn the_page_says_everything_that_the_json_says() {
        let product = sketch("live-dashboard + machine-learning?", "connections:thousands");
        let advice = advise(&product).unwrap();
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let page = words(&console::strip_ansi_codes(&page(&product, &advice, 120)));
        for text in advice.reasons.iter().flat_map(|reason| [reason.because.as_str(), reason.source]) {
            assert!(page.contains(text), "{text}");
        }
        advice.flips.iter().for_each(|flip| assert!(page.contains(&flip.change), "{}", flip.change));
        advice.table.iter().for_each(|row| assert!(page.contains(row.title), "{}", row.title));
        assert!(page.contains("both · clear") && page.contains("realtime Node · Fastify mast (live-dashboard, core)"));
    }
}
