//! Flags and subcommands exactly as typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::console::ColorChoice;

/// Which language for which service: asks about a product, advises with reasons, and emits a
/// starter monorepo that runs at once.
#[derive(Debug, Parser)]
#[command(name = "duostack", version, about, propagate_version = true, arg_required_else_help = true)]
#[command(
    after_help = "Start with `duostack demo`, which runs an example, or `duostack new`, which asks and emits yours."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// Say only what went wrong.
    #[arg(long, short, global = true)]
    pub quiet: bool,

    /// Colour the output.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Ask, advise, and emit a repository into DIR
    New(NewArgs),
    /// Ask and advise; write nothing
    Advise(AdviseArgs),
    /// Add a part to an emitted repository: advise for it, record it, merge the result in
    Add(AddArgs),
    /// Re-render an emitted repository from its answers and merge; keeps every edit
    Update(UpdateArgs),
    /// Show what you changed, and what an update would change
    Status(StatusArgs),
    /// Show an update as a unified diff
    Diff(DiffArgs),
    /// Print what an emitted repository is made of, from its lock files: CycloneDX 1.6 (JSON)
    Sbom,
    /// Emit an example, set it up, start it, and print the page's address
    Demo(DemoArgs),
    /// List the examples, or print one example's answers
    Examples(ExamplesArgs),
    /// Check what this machine has, what it is needed for, and how to get it
    Doctor(DoctorArgs),
    /// Export the built-in templates, or check a folder of your own
    #[command(subcommand)]
    Templates(TemplatesCommand),
    /// Print a shell's completion script
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    Man,
}

/// Where answers come from; the later wins.
#[derive(Clone, Debug, Default, Args)]
pub struct AnswerArgs {
    /// Read answers from FILE
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,

    /// Start from an example's answers (see `duostack examples`)
    #[arg(long, value_name = "NAME")]
    pub example: Option<String>,

    /// Set one answer, with its key as in the answers file (repeatable)
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,

    /// Take defaults and the advice for all that is open
    #[arg(long, short)]
    pub yes: bool,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Flags of `new`.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// The folder to make (default: the product's slug)
    pub dir: Option<PathBuf>,

    /// Answers.
    #[command(flatten)]
    pub answers: AnswerArgs,

    /// Emit this shape whatever the advice says
    #[arg(long, value_name = "SHAPE")]
    pub shape: Option<ShapeFlag>,

    /// Show what would be emitted; write nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Use this pack instead of the built-in templates
    #[arg(long, value_name = "DIR")]
    pub templates: Option<PathBuf>,

    /// Make a git repository with a first commit (default, unless inside a repository)
    #[arg(long, overrides_with = "no_git")]
    pub git: bool,

    /// Make no git repository
    #[arg(long)]
    pub no_git: bool,

    /// Run the emitted repository's set-up afterwards
    #[arg(long)]
    pub install: bool,
}

/// Flags of `advise`.
#[derive(Debug, Args)]
pub struct AdviseArgs {
    /// Answers.
    #[command(flatten)]
    pub answers: AnswerArgs,

    /// Advise as if this shape were asked for
    #[arg(long, value_name = "SHAPE")]
    pub shape: Option<ShapeFlag>,

    /// Accepted everywhere; `advise` writes nothing anyway
    #[arg(long, hide = true)]
    pub dry_run: bool,
}

/// Flags of `add`.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// What the new part does
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(crate::product::Workload::WORDS))]
    pub workload: String,

    /// The part's name (default: the workload's)
    #[arg(long)]
    pub name: Option<String>,

    /// How to write.
    #[command(flatten)]
    pub update: UpdateArgs,
}

/// Flags of `update`.
#[derive(Debug, Args)]
pub struct UpdateArgs {
    /// Answers.
    #[command(flatten)]
    pub answers: AnswerArgs,

    /// Show what would change; write nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Go on although there are uncommitted changes
    #[arg(long)]
    pub allow_dirty: bool,

    /// Use this pack instead of the built-in templates
    #[arg(long, value_name = "DIR")]
    pub templates: Option<PathBuf>,
}

/// Flags of `status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Exit with 1 when there is anything to update
    #[arg(long)]
    pub check: bool,

    /// Answers.
    #[command(flatten)]
    pub answers: AnswerArgs,

    /// Accepted everywhere; `status` writes nothing anyway
    #[arg(long, hide = true)]
    pub dry_run: bool,

    /// Use this pack instead of the built-in templates
    #[arg(long, value_name = "DIR")]
    pub templates: Option<PathBuf>,
}

/// Flags of `diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// Answers.
    #[command(flatten)]
    pub answers: AnswerArgs,

    /// Accepted everywhere; `diff` writes nothing anyway
    #[arg(long, hide = true)]
    pub dry_run: bool,

    /// Use this pack instead of the built-in templates
    #[arg(long, value_name = "DIR")]
    pub templates: Option<PathBuf>,
}

/// `--shape`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ShapeFlag {
    /// Node alone.
    Node,
    /// Python alone.
    Python,
    /// Both, joined by a contract.
    Both,
}

impl ShapeFlag {
    /// The word of the answers file.
    pub fn word(self) -> &'static str {
        match self {
            ShapeFlag::Node => "node",
            ShapeFlag::Python => "python",
            ShapeFlag::Both => "both",
        }
    }
}

/// Flags of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Which example to run (see `duostack examples`)
    #[arg(default_value = "pulse")]
    pub example: String,

    /// Emit into this folder and keep it (default: a folder in the cache, kept between runs)
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,

    /// Only set up and start, then stop at once; for scripts
    #[arg(long)]
    pub once: bool,
}

/// Flags of `examples`.
#[derive(Debug, Args)]
pub struct ExamplesArgs {
    /// Print this example's answers
    pub name: Option<String>,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Flags of `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `templates …`.
#[derive(Debug, Subcommand)]
pub enum TemplatesCommand {
    /// Write the built-in pack into DIR as a folder of layers
    Export {
        /// A folder that does not exist yet, or is empty
        dir: PathBuf,

        /// Show what would be written; write nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Check a pack: layer names, templates, paths
    Check {
        /// The pack's folder
        dir: PathBuf,

        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}
