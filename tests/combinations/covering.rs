//! A covering array: few products that together hold every pair of choices.

use std::collections::BTreeSet;

use duostack::product::{Ci, Language, License};

use crate::choices::{Choice, IN_NODE, SETTLED};

/// Choices of one product, each as a place in the list of what may be chosen.
type Row = Vec<usize>;
/// Two choices and what was chosen.
type Pair = (usize, usize, usize, usize);

const APIS: [Option<Language>; 3] = [None, Some(Language::Node), Some(Language::Python)];
/// Products that are tried for each place of the array, and arrays of which the smallest is taken.
const CANDIDATES: usize = 30;
const ARRAYS: u64 = 60;

/// The products; the same on every run.
pub fn products() -> Vec<Choice> {
    let smallest = (1..=ARRAYS).map(array).min_by_key(Vec::len).unwrap();
    smallest.iter().map(|row| choice(row)).collect()
}

/// How many pairs there are, and how many of them no product of a list holds.
pub fn pairs(products: &[Choice]) -> (usize, usize) {
    let all = every_pair();
    let held: BTreeSet<Pair> = products.iter().flat_map(|product| held(&row(product)).collect::<Vec<_>>()).collect();
    (all.len(), all.difference(&held).count())
}

fn levels() -> Vec<usize> {
    let options = [APIS.len(), Ci::WORDS.len(), License::WORDS.len()];
    SETTLED.iter().map(|_| 2).chain(options).collect()
}

fn choice(row: &[usize]) -> Choice {
    let [settled @ .., api, ci, license] = row else { unreachable!() };
    let bits = settled.iter().enumerate().map(|(bit, is)| is << bit).sum();
    Choice { settled: bits, api: APIS[*api], ci: Ci::WORDS[*ci], license: License::WORDS[*license] }
}

fn row(choice: &Choice) -> Row {
    let settled = (0..SETTLED.len()).map(|bit| choice.settled >> bit & 1);
    let api = APIS.iter().position(|api| *api == choice.api);
    let ci = Ci::WORDS.iter().position(|word| *word == choice.ci);
    let license = License::WORDS.iter().position(|word| *word == choice.license);
    settled.chain([api, ci, license].map(Option::unwrap)).collect()
}

fn held(row: &[usize]) -> impl Iterator<Item = Pair> {
    (0..row.len()).flat_map(move |one| (one + 1..row.len()).map(move |other| (one, row[one], other, row[other])))
}

fn every_pair() -> BTreeSet<Pair> {
    let levels = levels();
    let choices = levels.iter().enumerate().flat_map(|(place, count)| (0..*count).map(move |chosen| (place, chosen)));
    let choices: Vec<(usize, usize)> = choices.collect();
    let pair = |one: &(usize, usize), other: &(usize, usize)| (one.0, one.1, other.0, other.1);
    let pairs = choices
        .iter()
        .flat_map(|one| choices.iter().filter(|other| one.0 < other.0).map(move |other| pair(one, other)));
    pairs.collect()
}

/// Everything, everything in Node, everything in Python: so that each shape is there.
fn whole() -> [Choice; 3] {
    let (all, node) = ((1 << SETTLED.len()) - 1, (1 << IN_NODE) - 1);
    let parts = [(all, APIS[1]), (node, APIS[1]), (all - node, APIS[2])];
    let option = |place: usize| (Ci::WORDS[place], License::WORDS[place]);
    [0, 1, 2]
        .map(|place| Choice { settled: parts[place].0, api: parts[place].1, ci: "", license: "" }.with(option(place)))
}

/// After the whole ones, row by row whatever holds the most pairs that no row before it holds.
fn array(seed: u64) -> Vec<Row> {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut left = every_pair();
    let mut rows: Vec<Row> = whole().iter().map(row).collect();
    loop {
        for pair in rows.iter().flat_map(|row| held(row)) {
            left.remove(&pair);
        }
        if left.is_empty() {
            return rows;
        }
        let candidates: Vec<Row> = (0..CANDIDATES).map(|_| candidate(&left, &mut dice)).collect();
        let gain = |row: &&Row| held(row).filter(|pair| left.contains(pair)).count();
        rows.push(candidates.iter().max_by_key(gain).unwrap().clone());
    }
}

/// A pair that is left, and for each other choice, in any order, what makes the most of what is chosen already.
fn candidate(left: &BTreeSet<Pair>, dice: &mut Dice) -> Row {
    let levels = levels();
    let mut row: Vec<Option<usize>> = vec![None; levels.len()];
    let (one, chosen, other, chosen_too) = *left.iter().nth(dice.below(left.len())).unwrap();
    (row[one], row[other]) = (Some(chosen), Some(chosen_too));
    let mut order: Vec<usize> = (0..levels.len()).filter(|place| row[*place].is_none()).collect();
    while !order.is_empty() {
        let place = order.swap_remove(dice.below(order.len()));
        let gain = |chosen: usize| {
            let others = row.iter().enumerate().filter_map(|(at, is)| Some((at, (*is)?)));
            let pairs =
                others.map(|(at, is)| if at < place { (at, is, place, chosen) } else { (place, chosen, at, is) });
            pairs.filter(|pair| left.contains(pair)).count()
        };
        let start = dice.below(levels[place]);
        let best = (0..levels[place]).map(|turn| (start + turn) % levels[place]).max_by_key(|chosen| gain(*chosen));
        row[place] = best;
    }
    let mut row: Row = row.into_iter().flatten().collect();
    // There is no product without a part.
    if row[..=SETTLED.len()].iter().all(|chosen| *chosen == 0) {
        row[dice.below(SETTLED.len())] = 1;
    }
    row
}

/// xorshift64: the same numbers for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) as usize % end
    }
}
