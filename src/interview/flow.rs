//! The way through the interview: questions, summary, and back again.

use super::asker::Asker;
use super::questions::{QUESTIONS, Question};
use super::{Purpose, Settled, command, conclude, default_name, part};
use crate::advice::{page, refuse_unemittable};
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::name::{PartName, ProductName, Slug};
use crate::product::answers::{Answers, Origin};
use crate::product::{Shape, Workload, keys};

const NAME: &str = "product.name";
const DESCRIPTION: &str = "product.description";
const PARTS: &str = "parts";
/// What may be asked, in its order; the questions of [`QUESTIONS`] follow.
const FIRST: &[&str] = &[NAME, DESCRIPTION, PARTS];

/// What nobody has answered yet and somebody has to.
pub fn open(answers: &Answers, purpose: Purpose<'_>) -> Vec<&'static str> {
    topics().filter(|topic| is_open(topic, answers, purpose)).collect()
}

fn topics() -> impl Iterator<Item = &'static str> {
    FIRST.iter().copied().chain(QUESTIONS.iter().map(|question| question.path))
}

fn is_open(topic: &str, answers: &Answers, purpose: Purpose<'_>) -> bool {
    match topic {
        PARTS => answers.parts.is_empty(),
        _ => answers.is_open(topic) && question(topic).is_none_or(|question| question.matters(answers, emits(purpose))),
    }
}

fn question(topic: &str) -> Option<&'static Question> {
    QUESTIONS.iter().find(|question| question.path == topic)
}

fn emits(purpose: Purpose<'_>) -> bool {
    matches!(purpose, Purpose::New { .. })
}

/// Asks what is open; for `new`, until what follows from it pleases.
///
/// # Errors
/// Ctrl-C, or leaving without writing.
pub fn run(asker: &mut impl Asker, console: &Console, mut answers: Answers, purpose: Purpose<'_>) -> Outcome<Settled> {
    asker.show("A few questions. Enter takes what is marked, Esc goes back, Ctrl-C leaves; nothing is written before you say so.\n");
    ask_open(asker, &mut answers, purpose)?;
    ask_pack(asker, &mut answers, purpose)?;
    loop {
        let verdict = conclude(answers.clone()).and_then(|settled| {
            if emits(purpose) {
                refuse_unemittable(&settled.product, &settled.advice)?;
            }
            Ok(settled)
        });
        match &verdict {
            Ok(settled) if !emits(purpose) => {
                asker.show(&farewell(settled, purpose));
                return verdict;
            }
            Ok(settled) => asker.show(&page::page(&settled.product, &settled.advice, console.width())),
            Err(failure) => asker.show(&told(failure)),
        }
        match menu(asker, verdict.is_ok(), purpose)? {
            Choice::Emit => {
                if let Ok(settled) = &verdict {
                    asker.show(&farewell(settled, purpose));
                }
                return verdict;
            }
            Choice::Override => choose_shape(asker, &mut answers)?,
            Choice::Change => change(asker, &mut answers, purpose)?,
            Choice::Leave => return Err(Failure::interrupted()),
        }
    }
}

/// One topic after the other; Esc returns to the one before.
fn ask_open(asker: &mut impl Asker, answers: &mut Answers, purpose: Purpose<'_>) -> Outcome<()> {
    let mut asked: Vec<&str> = Vec::new();
    let mut again = None;
    loop {
        let next = again.take().or_else(|| open(answers, purpose).into_iter().find(|topic| !asked.contains(topic)));
        let Some(topic) = next else { return Ok(()) };
        if ask(asker, answers, topic, purpose)? {
            if !asked.contains(&topic) {
                asked.push(topic);
            }
        } else {
            again = asked.pop().or(Some(topic));
        }
    }
}

/// What the pack asks, where nobody has answered it yet.
fn ask_pack(asker: &mut impl Asker, answers: &mut Answers, purpose: Purpose<'_>) -> Outcome<()> {
    let Purpose::New { questions, .. } = purpose else { return Ok(()) };
    for question in questions {
        if !answers.is_open(&question.path()) {
            continue;
        }
        let text = if question.accepts.is_empty() {
            asker.text(&question.ask, &question.why, &question.default, &|_| Ok(()))?
        } else {
            let standing = question.accepts.iter().position(|word| *word == question.default).unwrap_or(0);
            let chosen = asker.one(&question.ask, &question.why, &question.accepts, standing)?;
            question.accepts[chosen.unwrap_or(standing)].clone()
        };
        answers.answer_pack(&question.path(), text.trim(), Origin::Question);
    }
    Ok(())
}

/// Whether it was answered; not when the way goes back.
fn ask(asker: &mut impl Asker, answers: &mut Answers, topic: &str, purpose: Purpose<'_>) -> Outcome<bool> {
    match topic {
        NAME => ask_name(asker, answers, purpose).map(|()| true),
        DESCRIPTION => {
            let standing = answers.get(DESCRIPTION).map_or("", |answer| &answer.text).to_owned();
            let why = "One line for README and manifests; Enter leaves it out.";
            let typed = asker.text("What does it do?", why, &standing, &|_| Ok(()))?;
            record(answers, DESCRIPTION, typed.trim()).map(|()| true)
        }
        PARTS => ask_parts(asker, answers, purpose),
        _ => match question(topic) {
            Some(question) => ask_word(asker, answers, question),
            None => Ok(true),
        },
    }
}

fn ask_name(asker: &mut impl Asker, answers: &mut Answers, purpose: Purpose<'_>) -> Outcome<()> {
    let standing = answers.get(NAME).map_or_else(|| default_name(purpose), |answer| answer.text.clone());
    let check = |typed: &str| {
        let name = ProductName::new(typed.trim()).map_err(|bad| bad.rule)?;
        Slug::from_name(&name).map(|_| ()).map_err(|bad| bad.rule)
    };
    let why = "Folder, package and image names are derived from it.";
    let typed = asker.text("What is the product called?", why, &standing, &check)?;
    record(answers, NAME, typed.trim())
}

fn ask_word(asker: &mut impl Asker, answers: &mut Answers, question: &Question) -> Outcome<bool> {
    let options: Vec<String> = question.options.iter().map(|(_, label)| (*label).to_owned()).collect();
    match asker.one(question.ask, question.why, &options, question.standing(answers))? {
        Some(index) => record(answers, question.path, question.options[index].0).map(|()| true),
        None => Ok(false),
    }
}

fn ask_parts(asker: &mut impl Asker, answers: &mut Answers, purpose: Purpose<'_>) -> Outcome<bool> {
    let standing = |workload: &Workload| {
        answers.parts.iter().any(|part| part.values.get("workload").is_some_and(|word| word.text == workload.word()))
    };
    let chosen: Vec<bool> = Workload::ALL.iter().map(standing).collect();
    let options: Vec<String> = Workload::ALL.iter().map(|workload| label(*workload, purpose)).collect();
    let why = "Each part of a product pulls towards the language that suits its work. Space marks, Enter goes on.";
    loop {
        let Some(marked) = asker.several("What does it consist of?", why, &options, &chosen)? else { return Ok(false) };
        if marked.is_empty() {
            asker.show("Mark at least one with the space bar.\n");
            continue;
        }
        let workloads: Vec<&str> = marked.iter().map(|index| Workload::ALL[*index].word()).collect();
        let names = ask_part_names(asker, &workloads)?;
        answers.parts =
            names.iter().zip(&workloads).map(|(name, workload)| part(name, workload, &Origin::Question)).collect();
        return Ok(true);
    }
}

fn ask_part_names(asker: &mut impl Asker, workloads: &[&str]) -> Outcome<Vec<String>> {
    let split = |typed: &str| typed.split(',').map(|name| name.trim().to_owned()).collect::<Vec<String>>();
    let check = |typed: &str| {
        let names = split(typed);
        if names.len() != workloads.len() {
            return Err(format!("{} names are needed, separated by commas", workloads.len()));
        }
        if (1..names.len()).any(|at| names[..at].contains(&names[at])) {
            return Err("each name is needed once".to_owned());
        }
        names.iter().try_for_each(|name| PartName::new(name).map(|_| ()).map_err(|bad| format!("{name}: {}", bad.rule)))
    };
    let why = "They appear in documents and the decision record; Enter takes the words as they are.";
    asker.text("What are these parts called?", why, &workloads.join(", "), &check).map(|typed| split(&typed))
}

fn label(workload: Workload, purpose: Purpose<'_>) -> String {
    let (means, emitted) = match workload {
        Workload::Chat => ("people talking to each other", true),
        Workload::LiveDashboard => ("figures that change while one looks", true),
        Workload::RealTimeApi => ("events pushed to programs", true),
        Workload::Streaming => ("long flows of data", true),
        Workload::BrowserApp => ("pages in the browser", true),
        Workload::JsonApi => ("requests and answers over HTTP", true),
        Workload::MachineLearning => ("a model, trained and served", true),
        Workload::AiFeatures => ("language models, classification", true),
        Workload::NumberCrunching => ("heavy computation", true),
        Workload::DataPipeline => ("data collected and cleaned", false),
        Workload::Analytics => ("questions asked of stored data", false),
        Workload::ContentSite => ("pages full of content", false),
        Workload::BusinessSystem => ("records and rules of a business", false),
        Workload::Automation => ("scripts that run by themselves", false),
    };
    let only = if emitted || !emits(purpose) { "" } else { " (advice only, for now)" };
    format!("{workload}: {means}{only}")
}

enum Choice {
    Emit,
    Override,
    Change,
    Leave,
}

fn menu(asker: &mut impl Asker, sound: bool, purpose: Purpose<'_>) -> Outcome<Choice> {
    let emit =
        if matches!(purpose, Purpose::New { dry_run: true, .. }) { "Show what would be emitted" } else { "Emit it" };
    let choices = [
        (sound, emit, Choice::Emit),
        (sound, "Take another shape", Choice::Override),
        (true, "Change an answer", Choice::Change),
        (true, "Leave, write nothing", Choice::Leave),
    ];
    let mut offered: Vec<_> = choices.into_iter().filter(|(offered, ..)| *offered).collect();
    let options: Vec<String> = offered.iter().map(|(_, text, _)| (*text).to_owned()).collect();
    let chosen = asker.one("And now?", "Nothing is written yet.", &options, 0)?;
    Ok(chosen.map_or(Choice::Change, |index| offered.swap_remove(index).2))
}

fn choose_shape(asker: &mut impl Asker, answers: &mut Answers) -> Outcome<()> {
    let mut options = vec!["as advised".to_owned()];
    options.extend(Shape::ALL.iter().map(|shape| shape.word().to_owned()));
    let why = "Your choice wins and is recorded beside the advice, so that nobody argues twice.";
    let Some(index) = asker.one("Which shape?", why, &options, 0)? else { return Ok(()) };
    if index == 0 {
        answers.withdraw("preferences.shape");
        answers.withdraw("preferences.reason");
        return Ok(());
    }
    let before = answers.clone();
    record(answers, "preferences.shape", &options[index])?;
    if let Err(failure) = conclude(answers.clone()) {
        asker.show(&told(&failure));
        *answers = before;
        return Ok(());
    }
    let reason = asker.text("Why?", "It goes into the decision record.", "", &|_| Ok(()))?;
    record(answers, "preferences.reason", reason.trim())
}

fn change(asker: &mut impl Asker, answers: &mut Answers, purpose: Purpose<'_>) -> Outcome<()> {
    let asked: Vec<&str> = topics()
        .filter(|topic| question(topic).is_none_or(|question| question.matters(answers, emits(purpose))))
        .collect();
    let options: Vec<String> = asked.iter().map(|topic| format!("{topic}: {}", standing(answers, topic))).collect();
    if let Some(index) = asker.one("Which answer?", "The advice follows at once.", &options, 0)? {
        ask(asker, answers, asked[index], purpose)?;
    }
    Ok(())
}

fn standing(answers: &Answers, topic: &str) -> String {
    if topic == PARTS {
        return answers.parts.iter().filter_map(|part| part.name()).collect::<Vec<_>>().join(", ");
    }
    let default = keys::find(topic).map_or("", |key| key.default);
    answers.get(topic).map_or(default, |answer| &answer.text).to_owned()
}

fn record(answers: &mut Answers, path: &str, text: &str) -> Outcome<()> {
    match keys::find(path) {
        Some(key) => answers.answer(key, text, Origin::Question),
        None => Err(Failure::bug(format!("{path} is no key"))),
    }
}

fn told(failure: &Failure) -> String {
    let hints: String = failure.hints.iter().map(|hint| format!("  {hint}\n")).collect();
    format!("{failure}\n{hints}")
}

fn farewell(settled: &Settled, purpose: Purpose<'_>) -> String {
    format!("The same without questions:\n  {}\n\n", command::command(&settled.answers, purpose))
}
